using System.Text;

namespace IpGan.Testing;

/// <summary>Lines from a process's two streams as they come.</summary>
internal sealed class ProcessLog
{
    private readonly StringBuilder _text = new();

    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public void Add(string? line)
    {
        if (line is null)
            return;
        lock (_text)
            _text.AppendLine(line);
    }
}
