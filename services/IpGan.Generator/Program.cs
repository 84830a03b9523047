using IpGan.Generator;
using IpGan.Models;
using IpGan.Serving;
using IpGan.Serving.Rpc;

var builder = WebApplication.CreateBuilder(args);
if (ReadyCheck.IsWanted(args))
{
    return await ReadyCheck.RunAsync(builder.Configuration);
}
builder.AddModelServing(ModelRole.Generator);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<GeneratorService>();
app.Run();
return 0;
