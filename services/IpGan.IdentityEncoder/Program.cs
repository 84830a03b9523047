using IpGan.IdentityEncoder;
using IpGan.Models;
using IpGan.Serving;
using IpGan.Serving.Rpc;

var builder = WebApplication.CreateBuilder(args);
if (ReadyCheck.IsWanted(args))
{
    return await ReadyCheck.RunAsync(builder.Configuration);
}
builder.AddModelServing(ModelRole.IdentityEncoder);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<IdentityEncoderService>();
app.Run();
return 0;
