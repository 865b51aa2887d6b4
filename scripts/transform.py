"""Prints the plain template that CloudFormation makes of a SAM template, as JSON. Needs no account and no network.

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


with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        # The translator takes only code that `sam deploy` has uploaded already.
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout, indent=2)
