"""The trainer's encoder step in PyTorch: the same networks, views, losses and optimiser, on random pictures.

    python3 benchmarks/encoders_in_pytorch.py [--size 128] [--steps 30] [--threads 2] [--precision float32]

Prints pictures a second (median of the steps after a warm-up), to be held against the number that `trainer train` prints in its phase `encoders` on the
same machine. Needs PyTorch only (Debian: python3-torch). What it leaves out is in its favour: no picture is read, packed or mirrored.
"""
import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

IDENTITY = {64: 32, 32: 48, 16: 96, 8: 192, 4: 256}
POSE = {64: 16, 32: 32, 16: 64, 8: 96, 4: 128}
CLASSES = 2_000
LUMA = (0.299, 0.587, 0.114)


def convolve(conv, x, stride=1):
    return F.conv2d(x, conv.weight.to(x.dtype), None, stride, conv.kernel_size[0] // 2)


class Block(nn.Module):
    def __init__(self, inputs, outputs, down):
        super().__init__()
        self.down = down
        self.conv1 = nn.Conv2d(inputs, outputs, 3, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        y = F.leaky_relu(self.norm1(convolve(self.conv1, x, 2 if self.down else 1)), 0.2)
        y = self.norm2(convolve(self.conv2, y))
        s = F.avg_pool2d(x, 2) if self.down else x
        if self.shortcut is not None:
            s = convolve(self.shortcut, s)
        return F.leaky_relu(y + s, 0.2)


class Trunk(nn.Module):
    def __init__(self, inputs, size, channels):
        super().__init__()
        self.stride = 4 if size >= 128 else 2
        resolution = size // self.stride
        self.stem = nn.Conv2d(inputs, channels[resolution], 7 if self.stride == 4 else 3, bias=False)
        self.norm = nn.BatchNorm2d(channels[resolution])
        blocks = [Block(channels[resolution], channels[resolution], False)]
        while resolution > 4:
            blocks.append(Block(channels[resolution], channels[resolution // 2], True))
            resolution //= 2
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(F.leaky_relu(self.norm(convolve(self.stem, x, self.stride)), 0.2))


class Identity(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.trunk = Trunk(3, size, IDENTITY)
        self.head = nn.Linear(IDENTITY[4] * 16, 128)

    def forward(self, x):
        return F.normalize(self.head(F.dropout(self.trunk(x).float().flatten(1), 0.3, self.training)), dim=1)


class Pose(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.trunk = Trunk(1, size, POSE)
        self.hidden = nn.Linear(POSE[4] * 16, 128)
        self.head = nn.Linear(128, 8)
        self.angles = nn.Linear(8, 3)

    def forward(self, x):
        grey = sum(x[:, i:i + 1] * w for i, w in enumerate(LUMA))
        grey = grey - grey.mean((1, 2, 3), keepdim=True)
        grey = grey / (grey.square().mean((1, 2, 3), keepdim=True) + 1e-4).sqrt()
        return self.head(F.leaky_relu(self.hidden(self.trunk(grey).float().flatten(1)), 0.2))


class Adversary(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.guess, self.kind = nn.Linear(8, 64), nn.Linear(64, CLASSES), nn.Linear(64, 1)

    def forward(self, pose):
        hidden = F.leaky_relu(self.hidden(pose), 0.2)
        return self.guess(hidden), self.kind(hidden)


def warp(x, degrees, zoom, shift, tilt=0.0):
    n = len(x)
    uniform = lambda most: (torch.rand(n) * 2 - 1) * most
    angle, scale = uniform(degrees * 3.14159 / 180), 1 + uniform(zoom)
    if tilt:
        angle = angle + uniform(1).pow(3) * (tilt * 3.14159 / 180)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack([torch.stack([cos, -sin, uniform(2 * shift)], 1), torch.stack([sin, cos, uniform(2 * shift)], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), padding_mode="border", align_corners=False)


def colour(x, strength, grey_share=0.0):
    one = lambda: torch.rand(len(x), 1, 1, 1)
    brightness, saturation, contrast = (one() - 0.5) * strength, 1 + (one() * 2 - 1) * strength, 1 + (one() - 0.5) * strength
    saturation = saturation * (one() >= grey_share)
    grey = x.mean(1, keepdim=True)
    rest = grey * (contrast * (1 - saturation)) + (brightness + (1 - contrast) * grey.mean((2, 3), keepdim=True))
    return torch.addcmul(rest, x, contrast * saturation)


def glasses(x, share):
    uniform = lambda least, most: least + torch.rand(len(x), 1, 1, 1) * (most - least)
    axis = (torch.arange(x.shape[2]).float() + 0.5) / x.shape[2]
    across = ((axis.view(1, 1, 1, -1) - uniform(0.46, 0.54)).abs() - uniform(0.15, 0.19)) / uniform(0.11, 0.17)
    down = (axis.view(1, 1, -1, 1) - uniform(0.27, 0.35)) / uniform(0.06, 0.12)
    lens = torch.sigmoid((1 - across.pow(4) - down.pow(4)) * 4)
    return torch.lerp(x, uniform(-1, -0.4).expand_as(x), lens * uniform(0.7, 1) * (uniform(0, 1) < share))


def camera(x):
    quarter, side = len(x) // 4, x.shape[2]
    small = F.interpolate(x[:quarter], (side // 2, side // 2), mode="area")
    soft = F.interpolate(small, (side, side), mode="bilinear", align_corners=False)
    noisy = x[quarter:2 * quarter]
    noisy = noisy + torch.randn_like(noisy) * (torch.rand(quarter, 1, 1, 1) * 0.1)
    return torch.cat([soft, noisy, x[2 * quarter:]])


def erase(x, fraction):
    n, size = len(x), x.shape[2]
    axis = torch.arange(size).float()[None]
    inside = lambda: ((axis - torch.rand(n, 1) * size).abs() < torch.rand(n, 1) * (fraction * size / 2)).float()
    return x * (1 - inside().view(n, 1, size, 1) * inside().view(n, 1, 1, size))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=128, choices=[64, 128])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    precision = getattr(torch, options.precision)
    n = options.batch

    identity, pose = Identity(options.size).to(memory_format=torch.channels_last), Pose(options.size).to(memory_format=torch.channels_last)
    directions, adversary = nn.Parameter(torch.randn(CLASSES, 128) * 0.1), Adversary()
    optimisers = [
        torch.optim.AdamW(identity.parameters(), 1e-3, (0.9, 0.99), weight_decay=0.05), torch.optim.Adam([directions], 5e-3, (0.9, 0.99)),
        torch.optim.AdamW(pose.parameters(), 1e-3, (0.9, 0.99), weight_decay=0.05), torch.optim.Adam(adversary.parameters(), 1e-3, (0.9, 0.99)),
    ]
    averages = [[p.detach().clone() for p in network.parameters()] for network in (identity, pose)]
    pictures = (torch.rand(n, 3, options.size, options.size) * 2 - 1).contiguous(memory_format=torch.channels_last)
    labels, teachers, angles = torch.randint(0, CLASSES, (n,)), F.normalize(torch.randn(n, 128), dim=1), torch.randn(n, 3)
    kinds = (torch.rand(n, 1) < 0.3).float()

    def step():
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        seen = erase(camera(colour(warp(glasses(pictures, 0.08), 8, 0.08, 0.04, 30), 0.4, 0.2)), 0.35).contiguous(memory_format=torch.channels_last)
        who = identity(seen.to(precision))
        cosines = who @ F.normalize(directions, dim=1).t()
        margin = F.cross_entropy((cosines - 0.25 * F.one_hot(labels, CLASSES)) * 24, labels)
        (margin * 0.5 + (1 - (who * teachers).sum(1)).mean() * 10).backward()

        how = pose(colour(warp(pictures, 0, 0.03, 0.015), 0.5).to(precision))
        centred = how - how.mean(0)
        prior = how.mean(0).square().mean() + (centred.t() @ centred / (n - 1) - torch.eye(8)).square().mean()
        person, kind = adversary(how.detach() * 1.3 - how * 0.3)
        hidden = F.cross_entropy(person, labels) + F.binary_cross_entropy_with_logits(kind, kinds)
        (F.smooth_l1_loss(pose.angles(how), angles, beta=0.2) * 4 + prior + hidden).backward()

        for network in (identity, pose):
            nn.utils.clip_grad_norm_(network.parameters(), 5)
        for optimiser in optimisers:
            optimiser.step()
        with torch.no_grad():
            for average, network in zip(averages, (identity, pose)):
                for a, p in zip(average, network.parameters()):
                    a.lerp_(p, 0.002)

    times = []
    for i in range(5 + options.steps):
        start = time.perf_counter()
        step()
        if i >= 5:
            times.append(time.perf_counter() - start)
    print(f"PyTorch {torch.__version__}, {options.size} px, {options.precision}, {options.threads} threads: {n / statistics.median(times):.1f} pictures/s")


main()
