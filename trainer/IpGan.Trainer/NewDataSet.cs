using IpGan.Training.Data;

namespace IpGan.Trainer;

/// <summary>The folder of a data set that is to be made, which is not there yet or empty. Without its table it would be no data set, and in the way of the next try: what fails or is stopped leaves nothing in it.</summary>
internal sealed class NewDataSet
{
    /// <exception cref="DataSetException">The folder has something in it.</exception>
    public NewDataSet(string folder)
    {
        PhotoPreparation.CheckEmpty(folder);
        Folder = folder;
    }

    public string Folder { get; }

    /// <summary>Makes it; SIGINT and SIGTERM end that.</summary>
    /// <exception cref="OperationCanceledException">They did.</exception>
    public T Write<T>(Func<CancellationToken, T> write)
    {
        // Loading what it is made from may have taken long.
        PhotoPreparation.CheckEmpty(Folder);
        using var stop = new StopSignals();
        try
        {
            return write(stop.Token);
        }
        catch (OperationCanceledException e)
        {
            Clear();
            throw new OperationCanceledException($"Stopped before it was done; '{Folder}' is left empty.", e);
        }
        catch (Exception e) when (e is not FolderNotEmptyException)
        {
            Clear();
            throw;
        }
    }

    private void Clear()
    {
        if (Directory.Exists(Folder))
        {
            foreach (var folder in Directory.EnumerateDirectories(Folder))
            {
                Directory.Delete(folder, recursive: true);
            }
            foreach (var file in Directory.EnumerateFiles(Folder))
            {
                File.Delete(file);
            }
        }
    }
}
