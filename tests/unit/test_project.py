"""What an output shape lets through."""

from oficina.model import project, shapes

DESCRIBE = shapes.load("sagemaker").shape("DescribeEndpointOutput")
MODEL = shapes.load("sagemaker").shape("DescribeModelOutput")


def test_members_that_the_shape_lacks_stay_inside() -> None:
    assert project.project(MODEL, {"ModelName": "m", "Tags": [], "_secret": 1}) == {"ModelName": "m"}


def test_an_empty_structure_is_left_out() -> None:
    assert project.project(MODEL, {"ModelName": "m", "VpcConfig": {}, "PrimaryContainer": {"x": 1}}) == {
        "ModelName": "m"
    }


def test_a_lacking_required_member_is_told() -> None:
    flaws = project.missing(MODEL, {"ModelName": "m", "CreationTime": 1.0})

    assert flaws == [".ModelArn: required"]


def test_a_status_that_aws_does_not_have_is_told() -> None:
    answer = {
        "EndpointName": "e",
        "EndpointArn": "a",
        "EndpointStatus": "Great",
        "CreationTime": 1.0,
        "LastModifiedTime": 1.0,
    }

    assert any("'Great' is not one of" in flaw for flaw in project.missing(DESCRIBE, answer))
