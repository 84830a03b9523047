using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace IpGan.Onnx.Native;

/// <summary>Compiled into every assembly that uses TorchSharp: whichever is the first to run puts the native library in order.</summary>
internal static class TorchModule
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries",
        Justification = "The native library must be in order before TorchSharp's first static constructor, whichever program is the host.")]
    internal static void Initialize() => TorchNativeLibrary.EnsureLoadable();
}
