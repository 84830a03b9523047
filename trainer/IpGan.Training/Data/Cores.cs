using System.Runtime.ExceptionServices;

namespace IpGan.Training.Data;

/// <summary>Work on many pictures, side by side on all cores.</summary>
internal static class Cores
{
    /// <summary>Does it for 0 to <paramref name="count"/> − 1. What fails first is thrown as it is, so that it is told as anything else that fails.</summary>
    public static void For(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, work);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
