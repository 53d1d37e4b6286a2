"""Which of AWS's images a job asked for: the packages here may be those of a neighbouring tag."""

import os


def before_1_3() -> bool:
    """Whether it is one of AWS's images before 1.3-1.

    They leave models as pickles and know the setting ``silent`` (aws/sagemaker-xgboost-container); scripts
    and settings written for them go by that.
    """
    tag = os.environ.get("OFICINA_IMAGE_TAG", "")
    version = tuple(int(part) for part in tag.partition("-")[0].split(".") if part.isdecimal())
    return (0,) < version < (1, 3)
