namespace IpGan.Imaging.Tests;

public sealed class FaceChoiceTests
{
    // Squares of 104, 208 and 104 pixels.
    private static readonly FoundFace[] Three = [Face(100, 40), Face(400, 80), Face(700, 40)];

    [Fact]
    public void The_largest_is_taken_unless_something_is_said() => Assert.Equal(1, new FaceChoice().Among(Three));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Index_counts_from_the_left(int index) => Assert.Equal(index, new FaceChoice(index).Among(Three));

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void Index_that_no_face_has_is_refused_with_those_that_there_are(int index)
    {
        var error = Assert.Throws<PictureException>(() => new FaceChoice(index).Among(Three));
        Assert.Contains("3 were found, from left to right 0 to 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("its index is 0", Assert.Throws<PictureException>(() => new FaceChoice(index).Among(Three[..1])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(680, 120, 2)]
    [InlineData(0, 0, 0)]
    [InlineData(300, 200, 1)]
    public void Point_takes_the_face_that_holds_it_or_the_nearest(float x, float y, int index) =>
        Assert.Equal(index, new FaceChoice(Point: new PicturePoint(x, y)).Among(Three));

    [Fact]
    public void Face_that_holds_the_point_goes_before_one_whose_middle_is_nearer()
    {
        FoundFace[] two = [Face(400, 200), Face(690, 20)];
        Assert.Equal(0, new FaceChoice(Point: new PicturePoint(650, 100)).Among(two));
    }

    [Fact]
    public void Point_that_is_none_is_refused() =>
        Assert.Throws<PictureException>(() => new FaceChoice(Point: new PicturePoint(float.NaN, 3)).Among(Three));

    private static FoundFace Face(float x, float s)
    {
        var place = new FacePlace(new PicturePoint(x, 100 - s / 2), new PicturePoint(x, 100 + s / 2));
        return new FoundFace(place, 0.9f, CropRule.Square(place));
    }
}
