using IpGan.IdentityEncoder;
using IpGan.Models;
using IpGan.Serving;

var builder = WebApplication.CreateBuilder(args);
builder.AddModelServing(ModelRole.IdentityEncoder);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<IdentityEncoderService>();
app.Run();
