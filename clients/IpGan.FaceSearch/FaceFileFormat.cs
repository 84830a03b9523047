using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace IpGan.FaceSearch;

/// <summary>
/// The bytes of a face file. A head: magic, vector length, the space's name, check. Then blocks, one for each addition, each with a head of its own
/// (magic, faces, bytes of texts, check of the vectors and texts, check of the head), the vectors in one piece, and the texts: id, person and
/// model version of each face. All numbers are little-endian; heads and blocks begin at multiples of 64 bytes.
/// </summary>
internal static class FaceFileFormat
{
    public const int HeadLength = 512;
    public const int BlockHeadLength = 64;

    // Faces in a block: bounds what a write that was cut off can leave behind.
    public const int MaxFaces = 8192;
    private const int Alignment = 64;
    private const int MaxSpaceBytes = 400;
    private const int MaxTextBytes = 4096;
    private static readonly ulong Magic = BinaryPrimitives.ReadUInt64LittleEndian("IPGANFS1"u8);
    private static readonly ulong BlockMagic = BinaryPrimitives.ReadUInt64LittleEndian("FACES__1"u8);

    /// <summary>The largest block there can be.</summary>
    public static long MaxBlockLength(int dimension) => BlockHeadLength + MaxFaces * (sizeof(float) * (long)dimension + 3 * MaxTextBytes) + Alignment;

    public static byte[] Head(string space, int dimension)
    {
        var head = new byte[HeadLength];
        var name = Encoding.UTF8.GetBytes(space);
        if (name.Length > MaxSpaceBytes)
        {
            throw new ArgumentException($"The space's name is {name.Length} bytes long; {MaxSpaceBytes} is the limit.");
        }
        BinaryPrimitives.WriteUInt64LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), dimension);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), name.Length);
        name.CopyTo(head, 16);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(HeadLength - 8), XxHash3.HashToUInt64(head.AsSpan(0, HeadLength - 8)));
        return head;
    }

    /// <exception cref="InvalidDataException">It is no head.</exception>
    public static (string Space, int Dimension) ReadHead(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadLength || BinaryPrimitives.ReadUInt64LittleEndian(head) != Magic)
        {
            throw new InvalidDataException("it is no face file");
        }
        if (BinaryPrimitives.ReadUInt64LittleEndian(head[(HeadLength - 8)..]) != XxHash3.HashToUInt64(head[..(HeadLength - 8)]))
        {
            throw new InvalidDataException("its head is damaged");
        }
        return (Encoding.UTF8.GetString(head.Slice(16, BinaryPrimitives.ReadInt32LittleEndian(head[12..]))), BinaryPrimitives.ReadInt32LittleEndian(head[8..]));
    }

    /// <summary>A whole block; vectors are brought to unit length.</summary>
    public static byte[] Block(ReadOnlySpan<IndexedFace> faces, int dimension)
    {
        using var texts = new MemoryStream();
        foreach (var face in faces)
        {
            foreach (var text in (ReadOnlySpan<string>)[face.Id, face.Person, face.Vector.ModelVersion])
            {
                WriteText(texts, text);
            }
        }
        var vectorBytes = faces.Length * dimension * sizeof(float);
        var block = new byte[Aligned(BlockHeadLength + vectorBytes + texts.Length)];
        var vectors = MemoryMarshal.Cast<byte, float>(block.AsSpan(BlockHeadLength, vectorBytes));
        for (var i = 0; i < faces.Length; i++)
        {
            Normalize(faces[i].Vector.Values.Span, vectors.Slice(i * dimension, dimension));
        }
        texts.ToArray().CopyTo(block, BlockHeadLength + vectorBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block, BlockMagic);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(8), faces.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(12), (int)texts.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(16), XxHash3.HashToUInt64(block.AsSpan(BlockHeadLength)));
        BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(BlockHeadLength - 8), XxHash3.HashToUInt64(block.AsSpan(0, BlockHeadLength - 8)));
        return block;
    }

    /// <summary>Reads a block's head; null when it is none, or damaged.</summary>
    public static FaceBlock? ReadBlockHead(ReadOnlySpan<byte> head, long offset, int dimension) =>
        head.Length < BlockHeadLength || BinaryPrimitives.ReadUInt64LittleEndian(head) != BlockMagic
            || BinaryPrimitives.ReadUInt64LittleEndian(head[(BlockHeadLength - 8)..]) != XxHash3.HashToUInt64(head[..(BlockHeadLength - 8)])
            ? null
            : new FaceBlock(offset, BinaryPrimitives.ReadInt32LittleEndian(head[8..]), dimension, BinaryPrimitives.ReadInt32LittleEndian(head[12..]),
                BinaryPrimitives.ReadUInt64LittleEndian(head[16..]));

    /// <summary>The texts of all faces of a block, in their order.</summary>
    public static IEnumerable<(string Id, string Person, string ModelVersion)> ReadTexts(byte[] texts, int faces)
    {
        var at = 0;
        for (var i = 0; i < faces; i++)
        {
            yield return (ReadText(texts, ref at), ReadText(texts, ref at), ReadText(texts, ref at));
        }
    }

    /// <summary>The texts of one face of a block.</summary>
    public static (string Id, string Person, string ModelVersion) ReadTextsAt(byte[] texts, int row)
    {
        var at = 0;
        for (var skip = 3 * row; skip > 0; skip--)
        {
            at += sizeof(ushort) + BinaryPrimitives.ReadUInt16LittleEndian(texts.AsSpan(at));
        }
        return (ReadText(texts, ref at), ReadText(texts, ref at), ReadText(texts, ref at));
    }

    public static void Normalize(ReadOnlySpan<float> from, Span<float> to)
    {
        var norm = TensorPrimitives.Norm(from);
        if (!float.IsFinite(norm) || norm == 0)
        {
            throw new ArgumentException("A vector of length zero, or one that is not finite, is nobody's.");
        }
        TensorPrimitives.Divide(from, norm, to);
    }

    public static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void WriteText(MemoryStream to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MaxTextBytes - sizeof(ushort))
        {
            throw new ArgumentException($"'{text[..40]}…' is {bytes.Length} bytes long; {MaxTextBytes - sizeof(ushort)} is the limit.");
        }
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)bytes.Length);
        to.Write(length);
        to.Write(bytes);
    }

    private static string ReadText(byte[] from, ref int at)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(from.AsSpan(at));
        var text = Encoding.UTF8.GetString(from, at + sizeof(ushort), length);
        at += sizeof(ushort) + length;
        return text;
    }
}

/// <summary>Where a block is, and what it holds.</summary>
/// <param name="Offset">Of its head in the file.</param>
/// <param name="Faces">How many.</param>
/// <param name="Dimension">Numbers in a vector.</param>
/// <param name="TextBytes">Behind the vectors.</param>
/// <param name="Check">Of all behind its head.</param>
internal readonly record struct FaceBlock(long Offset, int Faces, int Dimension, int TextBytes, ulong Check)
{
    public long VectorsAt => Offset + FaceFileFormat.BlockHeadLength;

    public long TextsAt => VectorsAt + (long)Faces * Dimension * sizeof(float);

    public long End => FaceFileFormat.Aligned(TextsAt + TextBytes);
}
