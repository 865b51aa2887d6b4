"""Runs the emulator, made to do what AWS does and it does not.

ECS may put its own events on the bus. The source `aws.ecs` is refused to everybody but ECS, on AWS as here. The rehearsal plays
ECS, and the rule and the function under test take no other source: so the emulator's own parameter for services that put events
is set.

IAM knows the tags of target groups, which the condition of the deployed policy asks for. The ARN of a group that somebody makes ends in
hexadecimal digits.

Lambda finds a handler in a file .cjs too, which is what `sam build` makes of ours, and tells a function its log group, where ours
looks whether it is paused.

CloudFormation takes the types of resources that our templates have and the emulator has not. They get a name and nothing else, so
that the rest can be rehearsed. The role of ECS is the exception: it is made in IAM, refused where it is there
already, and asked for by every new cluster, as in an account that has never used ECS. A reference to a secret is its ARN, the
number of tasks is a number, and the ARN of a target group ends in hexadecimal digits. A condition may join the elements of a list, as ours
do to find out whether it is empty. Nested templates of SAM are transformed,
and a VPC tells its addresses.

Should a later version of the emulator be written otherwise, it does not start, or the first event fails, by the name of what is
missing.
"""
import secrets
import string
from functools import partial
from unittest.mock import patch

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import alb, eventbridge, iam, tagging
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

ECS_ROLE = "AWSServiceRoleForECS"
NAMES_ONLY = [
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::EC2::EIP",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::Events::EventBusPolicy",
    "AWS::Logs::QueryDefinition",
]
HANDLERS = provisioners._RESOURCE_HANDLERS
parse_template = engine._parse_template
conditions_of = engine._evaluate_conditions
create_cluster = HANDLERS["AWS::ECS::Cluster"]["create"]
create_group = HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]["create"]
create_service = HANDLERS["AWS::ECS::Service"]["create"]
create_vpc = HANDLERS["AWS::EC2::VPC"]["create"]
create_secret = HANDLERS["AWS::SecretsManager::Secret"]["create"]
delete_secret = HANDLERS["AWS::SecretsManager::Secret"]["delete"]
secret_names = {}


def name_only(logical_id, props, stack_name):
    name = props.get("Name", f"{stack_name}-{logical_id}")
    return name, {"AllocationId": f"eipalloc-{logical_id}"}


def leave(physical_id, props):
    pass


def make_role(logical_id, props, stack_name):
    if ECS_ROLE in iam._roles:
        raise ValueError(f"Service role name {ECS_ROLE} has been taken in this account, please try a different suffix.")
    before = set(iam._roles)
    iam._create_service_linked_role({"AWSServiceName": [props["AWSServiceName"]]})
    (made,) = set(iam._roles) - before
    iam._roles[ECS_ROLE] = {**iam._roles.pop(made), "RoleName": ECS_ROLE}
    return ECS_ROLE, {}


def make_cluster(*args):
    if ECS_ROLE not in iam._roles:
        raise ValueError("Unable to assume the service linked role. Please verify that the ECS service linked role exists.")
    return create_cluster(*args)


alb._short_id = lambda: secrets.token_hex(8)
if "elasticloadbalancing" in tagging._RESOURCE_TAG_COLLECTORS:
    raise SystemExit("The emulator's IAM knows the tags of target groups now: leave that to it.")
tagging._RESOURCE_TAG_COLLECTORS["elasticloadbalancing"] = alb._tags.items

FINDS = 'fullPath + ".mjs";'
FINDS_CJS_TOO = 'fullPath + (fs.existsSync(fullPath + ".cjs") ? ".cjs" : ".mjs");'

if lambda_runtime._NODEJS_WORKER_SCRIPT.count(FINDS) != 1:
    raise SystemExit(f"The emulator's runtime for Node no longer says {FINDS}: look at how it finds a handler now.")
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(FINDS, FINDS_CJS_TOO)
execution_credentials = lambda_runtime.execution_credentials
lambda_runtime.execution_credentials = lambda config: {
    **execution_credentials(config),
    "AWS_LAMBDA_LOG_GROUP_NAME": config["LoggingConfig"]["LogGroup"],
}
eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)
def make_group(*args):
    with patch.object(string, "ascii_lowercase", "abcdef"):
        return create_group(*args)


def make_vpc(logical_id, props, stack_name):
    name, attributes = create_vpc(logical_id, props, stack_name)
    return name, {"CidrBlock": props["CidrBlock"], **attributes}


def make_service(logical_id, props, stack_name):
    return create_service(logical_id, {**props, "DesiredCount": int(props["DesiredCount"])}, stack_name)


def make_secret(*args):
    name, attributes = create_secret(*args)
    secret_names[attributes["Arn"]] = name
    return attributes["Arn"], attributes


def delete_secret_by_arn(physical_id, props):
    delete_secret(secret_names.pop(physical_id), props)


def evaluate_conditions(template, params):
    def joined(value):
        if isinstance(value, list):
            return [joined(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "Fn::Join" in value:
            separator, listed = value["Fn::Join"]
            # A list is one text here.
            return separator.join(params[listed["Ref"]]["Value"].split(","))
        return {key: joined(each) for key, each in value.items()}

    return conditions_of({**template, "Conditions": joined(template.get("Conditions", {}))}, params)


for module in (changesets, engine, handlers, stacks):
    module._evaluate_conditions = evaluate_conditions
engine._parse_template = lambda text: engine._apply_transforms(parse_template(text))
for kind in NAMES_ONLY:
    if kind in HANDLERS:
        raise SystemExit(f"The emulator has {kind} now: take it from the list of what gets a name only.")
    HANDLERS[kind] = {"create": name_only, "delete": leave}
HANDLERS["AWS::IAM::ServiceLinkedRole"] = {"create": make_role, "delete": leave}
HANDLERS["AWS::ECS::Cluster"]["create"] = make_cluster
HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]["create"] = make_group
HANDLERS["AWS::EC2::VPC"]["create"] = make_vpc
HANDLERS["AWS::ECS::Service"]["create"] = make_service
HANDLERS["AWS::SecretsManager::Secret"] = {"create": make_secret, "delete": delete_secret_by_arn}
main()
