#!/usr/bin/env dotnet
#:property PublishAot=false

// How a gateway should choose among a hundred replicas: a simulation. dotnet run benchmarks/balance.cs
// Requests come by chance (Poisson) to ten gateways, none of which knows of the others; each replica has two workers and one queue. Each policy gets the
// same requests with the same service times (exponential, mean 7.66 ms: what drawing takes on one core). Printed: time that requests wait for a worker.
const int replicas = 100, gateways = 10, workers = 2, requests = 1_000_000;
const double meanService = 7.66;

foreach (var (title, slow) in new[] { ("all alike", 0), ("five at half speed", 5) })
{
    foreach (var load in new[] { 0.5, 0.65, 0.8 })
    {
        foreach (var policy in Enum.GetValues<Policy>())
        {
            var waits = Run(policy, load, slow);
            Array.Sort(waits);
            Console.WriteLine($"{title}, {load:P0} busy, {policy}: mean {waits.Average():F1} ms, 99 % {waits[(int)(0.99 * waits.Length)]:F1} ms");
        }
    }
}

static double[] Run(Policy policy, double load, int slow)
{
    var random = new Random(1);
    // When each worker is free again, by replica; and what each gateway has under way at each replica, by the time at which it ends.
    var free = new double[replicas, workers];
    var underWay = new PriorityQueue<(int Gateway, int Replica), double>();
    var open = new int[gateways, replicas];
    var turn = new int[gateways];
    var waits = new double[requests];
    var capacity = (replicas - slow / 2.0) * workers / meanService;
    double now = 0;
    for (var i = 0; i < requests; i++)
    {
        now += Exponential(random, 1 / (load * capacity));
        while (underWay.TryPeek(out var done, out var at) && at <= now)
        {
            underWay.Dequeue();
            open[done.Gateway, done.Replica]--;
        }
        var (gateway, first, second, work) = (random.Next(gateways), random.Next(replicas), random.Next(replicas), Exponential(random, meanService));
        var chosen = policy switch
        {
            Policy.Chance => first,
            Policy.InTurn => turn[gateway]++ % replicas,
            Policy.LessBusyOfTwo => open[gateway, second] < open[gateway, first] ? second : first,
            _ => Enumerable.Range(0, replicas).Select(k => (first + k) % replicas).MinBy(r => open[gateway, r]),
        };
        var worker = free[chosen, 0] <= free[chosen, 1] ? 0 : 1;
        var start = Math.Max(now, free[chosen, worker]);
        waits[i] = start - now;
        free[chosen, worker] = start + (chosen < slow ? 2 : 1) * work;
        open[gateway, chosen]++;
        underWay.Enqueue((gateway, chosen), free[chosen, worker]);
    }
    return waits;
}

static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());

internal enum Policy
{
    Chance,
    InTurn,
    LessBusyOfTwo,
    LeastBusy,
}
