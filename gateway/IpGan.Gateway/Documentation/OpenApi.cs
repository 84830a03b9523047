using Microsoft.OpenApi.Models;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace IpGan.Gateway.Documentation;

/// <summary>The OpenAPI document of the REST API, made from the contracts: /openapi/v1.json.</summary>
internal static class OpenApi
{
    private const string Document = "v1";

    public static void AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddGrpcSwagger();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Document, new OpenApiInfo
            {
                Title = "IP-GAN",
                Version = Document,
                Description = "That person, that pose: rotates faces. Errors are problem+json (RFC 9457); code is the name that google.rpc.Code has for them.",
                License = new OpenApiLicense { Name = "MIT" },
            });
            var comments = Path.Combine(AppContext.BaseDirectory, "IpGan.Protos.xml");
            options.IncludeXmlComments(comments);
            options.IncludeGrpcXmlComments(comments, includeControllerXmlComments: true);
            options.AddSecurityDefinition("key", new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = Access.ApiKeyHandler.Header });
            options.AddSecurityDefinition("token", new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" });
            options.DocumentFilter<ProblemAnswers>();
        });
    }

    public static void MapOpenApiDocument(this WebApplication app) => app.MapSwagger("/openapi/{documentName}.json").AllowAnonymous();

    /// <summary>Errors are not google.rpc.Status here.</summary>
    private sealed class ProblemAnswers : IDocumentFilter
    {
        public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
        {
            static OpenApiSchema Text(string description) => new() { Type = "string", Description = description };
            swaggerDoc.Components.Schemas["Problem"] = new OpenApiSchema
            {
                Type = "object",
                Description = "RFC 9457.",
                Properties =
                {
                    ["title"] = Text("The HTTP status in words."),
                    ["status"] = new OpenApiSchema { Type = "integer", Description = "The HTTP status." },
                    ["detail"] = Text("What was wrong, where, and what would be right."),
                    ["code"] = Text("The gRPC status: INVALID_ARGUMENT, …"),
                    ["violations"] = new OpenApiSchema
                    {
                        Type = "array",
                        Description = "The fields that are meant.",
                        Items = new OpenApiSchema { Type = "object", Properties = { ["field"] = Text("For example targets[2].image."), ["description"] = Text("What is wrong with it.") } },
                    },
                    ["reason"] = Text("Where there is one, what went wrong for programs: NO_FACE, …"),
                    ["metadata"] = new OpenApiSchema { Type = "object", Description = "What belongs to the reason.", AdditionalProperties = Text("In words, or a number as text.") },
                },
            };
            var reference = new OpenApiSchema { Reference = new OpenApiReference { Id = "Problem", Type = ReferenceType.Schema } };
            foreach (var operation in swaggerDoc.Paths.Values.SelectMany(p => p.Operations.Values))
            {
                operation.Responses["default"] = new OpenApiResponse
                {
                    Description = "Error",
                    Content = { ["application/problem+json"] = new OpenApiMediaType { Schema = reference } },
                };
            }
        }
    }
}
