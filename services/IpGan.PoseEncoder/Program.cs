using IpGan.Models;
using IpGan.PoseEncoder;
using IpGan.Serving;

var builder = WebApplication.CreateBuilder(args);
builder.AddModelServing(ModelRole.PoseEncoder);

var app = builder.Build();
app.MapModelServing();
app.MapGrpcService<PoseEncoderService>();
app.Run();
