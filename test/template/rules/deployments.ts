/** Parameters of a deployment whose tasks serve in the target group of another VPC. */
export const SECOND_DEPLOYMENT = {
  VpcPrefix: '10.1',
  HubVpcId: 'vpc-0123456789abcdef0',
  HubPrefix: '10.0',
  HubRouteTableId: 'rtb-0123456789abcdef0',
  HubSecurityGroupId: 'sg-0123456789abcdef0',
  HubTargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/first/0123456789abcdef',
};
