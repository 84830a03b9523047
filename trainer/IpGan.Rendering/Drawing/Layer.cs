using System.Numerics;
using IpGan.Rendering.Assets;

namespace IpGan.Rendering.Drawing;

/// <summary>One mesh of a picture, ready to be drawn: positions in the world and on the picture, light by vertex.</summary>
internal sealed class Layer(Surface surface, Texture texture)
{
    /// <summary>Its triangles.</summary>
    public Surface Surface { get; } = surface;

    /// <summary>Its texture.</summary>
    public Texture Texture { get; } = texture;

    /// <summary>By triangle: how much of it is there; null: the texture has no holes.</summary>
    public Cover[]? Covers { get; init; }

    /// <summary>True if the back of its triangles is seen, too.</summary>
    public bool TwoSided { get; init; }

    /// <summary>True if what is transparent is glass, which reflects all the same.</summary>
    public bool Glass { get; init; }

    /// <summary>Decimetres towards the camera, for what lies on the skin and would sink into it.</summary>
    public float Lift { get; init; }

    /// <summary>Positions in the world.</summary>
    public Vector3[] Positions { get; } = new Vector3[surface.Vertices];

    /// <summary>Unit normals in the world.</summary>
    public Vector3[] Normals { get; } = new Vector3[surface.Vertices];

    /// <summary>On the picture: samples from the left and from the top, and 1/distance.</summary>
    public Vector3[] Screen { get; } = new Vector3[surface.Vertices];

    /// <summary>Light that the texture's colour is multiplied with.</summary>
    public Vector3[] Diffuse { get; } = new Vector3[surface.Vertices];

    /// <summary>Light that is added.</summary>
    public Vector3[] Specular { get; } = new Vector3[surface.Vertices];

    /// <summary>Projects every vertex.</summary>
    public void Project(in Camera camera)
    {
        for (var i = 0; i < Positions.Length; i++)
            Screen[i] = camera.Project(Positions[i], Lift);
    }
}
