using IpGan.Generator;
using IpGan.Models;
using IpGan.Serving;

var builder = WebApplication.CreateBuilder(args);
builder.AddModelServing(ModelRole.Generator);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<GeneratorService>();
app.Run();
