using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;

namespace IpGan.Training;

/// <summary>
/// An encoder that is trained anew into a space that is already in use, so that vectors in face indexes, and the generator, stay valid (Shen et al., "Towards
/// Backward-Compatible Representation Learning", CVPR 2020).
/// </summary>
/// <param name="Space">The space's name.</param>
/// <param name="Role">"identity-encoder" or "pose-encoder".</param>
public sealed record CompatibleUpdate(string Space, string Role)
{
    /// <summary>The update that trains into a space of a published model.</summary>
    /// <exception cref="ArgumentException">The model has no such space, or the networks answer vectors of another length.</exception>
    public static CompatibleUpdate Into(string space, FaceModel model, Networks.NetworkSizes sizes)
    {
        var role = model.IdentitySpace?.Name == space ? ModelRole.IdentityEncoder
            : model.PoseSpace?.Name == space ? ModelRole.PoseEncoder
            : throw new ArgumentException($"--into is '{space}'; the model has the spaces '{model.IdentitySpace?.Name}' and '{model.PoseSpace?.Name}'.");
        var (wanted, offered) = role == ModelRole.IdentityEncoder
            ? (model.IdentitySpace!.Dimension, sizes.IdentityDimension)
            : (model.PoseSpace!.Dimension, sizes.PoseDimension);
        return wanted == offered
            ? new CompatibleUpdate(space, role.Name())
            : throw new ArgumentException($"Vectors of '{space}' have {wanted} numbers, the preset's {role.Name()} gives {offered}.");
    }

    /// <summary>An update is published if it is found to speak the space, by photos of people who are not trained on: hours of training are for nothing where there are none.</summary>
    /// <param name="faces">The data set that it will be exported with, with all that is known of it.</param>
    /// <exception cref="DataSetException">There are too few such people.</exception>
    public static void CheckMeasurable(TrainingFaces faces)
    {
        try
        {
            Evaluator.People(faces);
        }
        catch (DataSetException e)
        {
            throw new DataSetException($"What is trained --into a space could not be exported: whether it speaks that space is measured first. {e.Message}", e);
        }
    }

    /// <summary>The role as a value.</summary>
    internal ModelRole ParsedRole => ModelRoles.Parse(Role);
}
