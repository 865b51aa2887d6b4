"""Prints the plain template that CloudFormation makes of a SAM template, as JSON. Needs no account and no network.

    transform.py template.yaml                  prints one
    transform.py --into folder a.yaml b.yaml    writes folder/a.json and folder/b.json; where a template cannot be transformed,
                                                folder/a.error says why

Linters see through SAM's short forms only here: in the source, an unknown runtime or an unused parameter passes in silence.
Conditions and references to parameters stay as they are, so that a linter follows both branches of each.
"""
import json
import os
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# Which one is of no consequence, but there has to be a region: the translator looks up the partition of its ARNs by it.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")


class NoManagedPolicies:
    """Stands in for a call to IAM. Our function has a role of its own, so no managed policy is ever looked up."""

    def load(self):
        return {}


def plain(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # The translator takes only code that `sam deploy` has uploaded already.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return json.dumps(transform(template, {}, NoManagedPolicies()), indent=2)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if sys.argv[1] == "--into":
    for source in sys.argv[3:]:
        target = os.path.join(sys.argv[2], os.path.splitext(os.path.basename(source))[0])
        try:
            write(f"{target}.json", plain(source))
        # Whatever the translator says to a template with a mistake in it is an answer, and the next template is waiting.
        except Exception as error:  # noqa: BLE001
            write(f"{target}.error", str(error))
else:
    sys.stdout.write(plain(sys.argv[1]))
