namespace IpGan.Trainer;

/// <summary>What .NET's own feature checks do not tell.</summary>
internal static class ProcessorFeatures
{
    /// <summary>True when the processor multiplies bfloat16 in hardware (AVX512-BF16): without it, bfloat16 is slower than float32.</summary>
    public static bool HasBFloat16
    {
        get
        {
            if (!System.Runtime.Intrinsics.X86.X86Base.IsSupported)
            {
                return false;
            }
            var (largest, _, _, _) = System.Runtime.Intrinsics.X86.X86Base.CpuId(7, 0);
            // Leaf 7, sub-leaf 1, EAX bit 5 (Intel SDM, CPUID).
            return largest >= 1 && (System.Runtime.Intrinsics.X86.X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0
                && System.Runtime.Intrinsics.X86.Avx512F.IsSupported;
        }
    }
}
