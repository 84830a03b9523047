namespace IpGan.Rendering.People;

/// <summary>
/// Random numbers that are the same on every machine and in every version of .NET, which <see cref="Random"/> does not promise: SplitMix64
/// (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
/// </summary>
internal sealed class Draws(ulong seed)
{
    /// <summary>Where <see cref="Normal"/> is cut off.</summary>
    public const float LargestNormal = 2.5f;

    private ulong _state = seed;

    /// <summary>Draws that depend on a seed and on what they are for, and on nothing else.</summary>
    public static Draws For(int seed, string what, int number, int part = 0)
    {
        var draws = new Draws((ulong)(uint)seed);
        foreach (var c in what)
            draws = new Draws(draws.Next() ^ c);
        return new Draws(new Draws(draws.Next() ^ (uint)number).Next() ^ (uint)part);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform between two numbers.</summary>
    public float Between(float least, float most) => least + (most - least) * Unit();

    /// <summary>True that often.</summary>
    public bool Chance(double share) => Unit() < share;

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(Unit() * count);

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>Standard normal (Box and Muller), cut off at ±<see cref="LargestNormal"/>.</summary>
    public float Normal() =>
        Math.Clamp((float)(Math.Sqrt(-2 * Math.Log(1 - Unit())) * Math.Cos(2 * Math.PI * Unit())), -LargestNormal, LargestNormal);

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
