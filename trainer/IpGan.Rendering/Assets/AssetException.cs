namespace IpGan.Rendering.Assets;

/// <summary>An asset that is missing or broken; the message names the file, and the line where there is one.</summary>
public sealed class AssetException(string message, Exception? inner = null) : Exception(message, inner);
