#!/usr/bin/env dotnet
#:project ../../protos/IpGan.Protos.csproj
#:property PublishAot=false

// Rotates a face through the gateway's gRPC API:
//   dotnet run clients/examples/rotate.cs -- [PHOTO SELLION_X SELLION_Y MOUTH_X MOUTH_Y]
// PHOTO is a JPEG, PNG or WebP; the four numbers are the bridge of the nose and the middle of the lips, in pixels. Without them the service finds the largest
// face; without a photo a new person is drawn from the generator's prior. The pictures are written to the current folder. Another gateway:
// IPGAN_ADDRESS=http://host:8081.

using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using IpGan.V1;

if (args.Length is not (0 or 1 or 5))
{
    Console.Error.WriteLine("Expected nothing, PHOTO, or PHOTO SELLION_X SELLION_Y MOUTH_X MOUTH_Y.");
    return 2;
}
using var channel = GrpcChannel.ForAddress(Environment.GetEnvironmentVariable("IPGAN_ADDRESS") ?? "http://localhost:8081");
var request = new RotateRequest();
foreach (var yaw in new[] { -60, -40, -20, 0, 20, 40, 60 })
{
    request.Targets.Add(new RotationTarget { Angles = new Angles { Yaw = yaw } });
}
try
{
    if (args.Length == 0)
    {
        var people = await new Generator.GeneratorClient(channel).SampleIdentityAsync(new SampleIdentityRequest { Count = 1, Seed = 7 });
        request.Source = new RotationSource { Identity = people.Identities[0] };
    }
    else
    {
        var image = new Image { Content = ByteString.CopyFrom(File.ReadAllBytes(args[0])) };
        if (args.Length == 5)
        {
            Point At(int i) => new() { X = float.Parse(args[i], CultureInfo.InvariantCulture), Y = float.Parse(args[i + 1], CultureInfo.InvariantCulture) };
            image.Face = new FacePlace { Sellion = At(1), Mouth = At(3) };
        }
        request.Source = new RotationSource { Image = image };
    }
    var response = await new FaceRotation.FaceRotationClient(channel).RotateAsync(request);
    foreach (var (picture, target) in response.Images.Zip(request.Targets))
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"yaw{target.Angles.Yaw:+00;-00;+00}.png");
        File.WriteAllBytes(file, picture.Content.ToByteArray());
        Console.WriteLine($"{file}: {picture.Size}×{picture.Size}");
    }
    foreach (var taken in response.Faces)
    {
        Console.WriteLine($"{taken.Part}: face {taken.Face.Index + 1} of {taken.Face.Count}, {string.Join(' ', taken.Face.Notes.Select(n => n.Words))}");
    }
    Console.WriteLine($"models: {response.Models}");
}
catch (RpcException e)
{
    Console.Error.WriteLine($"{e.StatusCode}: {e.Status.Detail}");
    return 1;
}
return 0;
