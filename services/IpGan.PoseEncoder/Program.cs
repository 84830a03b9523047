using IpGan.Models;
using IpGan.PoseEncoder;
using IpGan.Serving;
using IpGan.Serving.Rpc;

var builder = WebApplication.CreateBuilder(args);
if (ReadyCheck.IsWanted(args))
{
    return await ReadyCheck.RunAsync(builder.Configuration);
}
builder.AddModelServing(ModelRole.PoseEncoder);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<PoseEncoderService>();
app.Run();
return 0;
