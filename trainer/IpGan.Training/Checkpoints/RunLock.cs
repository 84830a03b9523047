namespace IpGan.Training.Checkpoints;

/// <summary>A run's folder belongs to one process at a time.</summary>
internal static class RunLock
{
    /// <summary>Takes the folder until the result is disposed of.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static FileStream Take(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The run '{folder}' is being trained by another process: {e.Message}", e);
        }
    }
}
