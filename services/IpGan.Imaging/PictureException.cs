namespace IpGan.Imaging;

/// <summary>
/// A picture, or a face's place in it, that cannot be used. The message says what was wrong and what would be right, and may be shown
/// to the caller who sent the picture.
/// </summary>
/// <param name="message">What was wrong, and what would be right.</param>
public sealed class PictureException(string message) : Exception(message);
