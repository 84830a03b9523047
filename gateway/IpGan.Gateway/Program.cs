using IpGan.Gateway;
using IpGan.Serving.Rpc;

var builder = WebApplication.CreateBuilder(args);
if (ReadyCheck.IsWanted(args))
{
    return await ReadyCheck.RunAsync(builder.Configuration);
}
builder.AddGateway();

var app = builder.Build();
app.MapGateway();
app.Run();
return 0;
