using IpGan.V1;

namespace IpGan.Client;

/// <summary>Whom a request is about.</summary>
public sealed class Person
{
    private readonly RotationSource _source;

    private Person(RotationSource source) => _source = source;

    /// <summary>The person in a photo.</summary>
    public static Person In(Photo photo) => new(new RotationSource { Image = photo.ToMessage() });

    /// <summary>The person in several photos, 1 to 32; a few bad ones among them do little harm.</summary>
    public static Person In(IEnumerable<Photo> photos) =>
        new(new RotationSource { Images = new ImageSet { Images = { photos.Select(p => p.ToMessage()) } } });

    /// <summary>The person whose vector this is.</summary>
    public static Person With(IdentityVector vector) => new(new RotationSource { Identity = vector.ToMessage() });

    /// <summary>Somebody between two people.</summary>
    /// <param name="from">Neither may be between two others.</param>
    /// <param name="to">The other.</param>
    /// <param name="amount">0: the first, 1: the second.</param>
    public static Person Between(Person from, Person to, float amount) =>
        new(new RotationSource { Interpolation = new Interpolation { From = from._source, To = to._source, Amount = amount } });

    /// <summary>Nobody: a new person; the same seed and generator give the same one.</summary>
    public static Person New(ulong seed) => new(new RotationSource { NewPerson = new NewPerson { Seed = seed } });

    internal RotationSource ToMessage() => _source;
}
