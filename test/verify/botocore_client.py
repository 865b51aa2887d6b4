"""Calls an endpoint by botocore, the SDK under boto3 and the AWS CLI, and holds each answer against the models of AWS's APIs.

A second reader that shares no code with the SDK for JavaScript. botocore itself overlooks what it does not know, so the body is
compared here: a member that the model lacks, a value of another type, an unknown word of an enumeration, a required member that
is missing, an error that the operation does not declare.

Takes lines {"operation", "input"} on standard input, and answers each by a line {"answer"}, {"refused"} or {"unreadable"}.
"""
import datetime
import json
import sys
import xml.etree.ElementTree as ElementTree

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

SERVICES = ("ecs", "elbv2", "servicediscovery", "resourcegroupstaggingapi", "sts", "logs", "events")
# ECS has operations of the same names.
OF_CLOUD_MAP = {"ListServices", "ListTagsForResource"}

# "Common errors" of the API references: any operation may answer with them.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "InternalFailure",
    "Throttling",
    "ThrottlingException",
    "ValidationError",
    "ValidationException",
}

PYTHON_TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "timestamp": (int, float),
    "float": (int, float),
    "double": (int, float),
}


def complaints_of_json(shape, value, path):
    if shape.type_name == "structure":
        yield from complaints_of_members(shape, value, path, complaints_of_json)
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{path} is no list"
            return
        for index, item in enumerate(value):
            yield from complaints_of_json(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from complaints_of_json(shape.value, item, f"{path}.{key}")
    elif not isinstance(value, PYTHON_TYPES[shape.type_name]):
        yield f"{path} is {value!r}; the model says {shape.type_name}"
    else:
        yield from complaints_of_word(shape, value, path)


def complaints_of_members(shape, value, path, complaints):
    if not isinstance(value, dict):
        yield f"{path} is no structure"
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{path}.{name} is missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}.{name} is not in the model"
        else:
            yield from complaints(shape.members[name], item, f"{path}.{name}")


def complaints_of_word(shape, value, path):
    enumeration = getattr(shape, "enum", None)
    if enumeration and value not in enumeration:
        yield f"{path} is {value!r}; the model knows {', '.join(enumeration)}"


def complaints_of_xml(shape, element, path):
    if shape.type_name == "structure":
        children = {local_name(child): child for child in element}
        if len(children) != len(element):
            yield f"{path} has an element twice"
        yield from complaints_of_members(shape, children, path, complaints_of_xml)
    elif shape.type_name == "list":
        for index, child in enumerate(element):
            if local_name(child) != "member":
                yield f"{path} has <{local_name(child)}>; expected <member>"
            yield from complaints_of_xml(shape.member, child, f"{path}[{index}]")
    elif len(element) > 0:
        yield f"{path} has elements; the model says {shape.type_name}"
    elif shape.type_name in ("integer", "long") and not (element.text or "").lstrip("-").isdigit():
        yield f"{path} is {element.text!r}; the model says {shape.type_name}"
    elif shape.type_name == "boolean" and element.text not in ("true", "false"):
        yield f"{path} is {element.text!r}; the model says boolean"
    else:
        yield from complaints_of_word(shape, element.text, path)


def local_name(element):
    return element.tag.split("}")[-1]


def complaints_of_body(operation, response):
    name, output, body = operation.name, operation.output_shape, response["body"]
    if response["status_code"] >= 300:
        return []
    if operation.service_model.resolved_protocol == "json":
        return list(complaints_of_json(output, json.loads(body), name)) if output else []
    root = ElementTree.fromstring(body)
    if local_name(root) != f"{name}Response":
        return [f"{name} is answered by <{local_name(root)}>"]
    results = [child for child in root if local_name(child) == f"{name}Result"]
    if len(results) != 1:
        return [f"{name} has {len(results)} results"]
    return list(complaints_of_xml(output, results[0], name)) if output else []


def complaint_of_error(operation, code):
    declared = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes}
    declared |= {shape.name for shape in operation.error_shapes}
    return [] if code in declared | COMMON_ERRORS else [f"{operation.name} answers {code}, which it does not declare"]


class Caller:
    def __init__(self, endpoint):
        session = botocore.session.get_session()
        self.clients = {
            name: session.create_client(
                name,
                region_name="eu-west-1",
                endpoint_url=endpoint,
                aws_access_key_id="conformance",
                aws_secret_access_key="conformance",
                config=Config(retries={"total_max_attempts": 1}),
            )
            for name in SERVICES
        }
        self.complaints = []
        for client in self.clients.values():
            client.meta.events.register("before-parse", self.before_parse)

    def before_parse(self, operation_model, response_dict, **_):
        self.complaints += complaints_of_body(operation_model, response_dict)

    def call(self, operation, given):
        # Names that two services share: alone, such a name is Cloud Map's; `ecs.` before it says whose else it is.
        prefix, _, operation = operation.rpartition(".")
        name = prefix or ("servicediscovery" if operation in OF_CLOUD_MAP else self.service_of(operation))
        client, self.complaints = self.clients[name], []
        method = next(method for method, known in client.meta.method_to_api_mapping.items() if known == operation)
        try:
            answer = getattr(client, method)(**given)
        except ParamValidationError as error:
            # By AWS's own model of the input, which the service holds calls against as well.
            return {"refused": "ValidationError", "message": str(error)}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self.complaints += complaint_of_error(client.meta.service_model.operation_model(operation), code)
            reply = {"refused": code, "message": error.response["Error"]["Message"]}
        else:
            answer.pop("ResponseMetadata")
            reply = {"answer": answer}
        return {"unreadable": self.complaints} if self.complaints else reply

    def service_of(self, operation):
        return next(name for name, client in self.clients.items() if operation in client.meta.service_model.operation_names)


def told(value):
    if isinstance(value, datetime.datetime):
        return {"$date": value.isoformat()}
    raise TypeError(f"{value!r} cannot be told")


def main():
    caller = Caller(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            reply = caller.call(asked["operation"], asked["input"])
        except Exception as error:  # Whatever botocore makes of an answer is told to who asked.
            reply = {"unreadable": [f"{type(error).__name__}: {error}"]}
        print(json.dumps(reply, default=told), flush=True)


main()
