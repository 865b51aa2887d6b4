/** Images as they are called in a registry of the account's own. */
const REGISTRY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

/** Parameters of a deployment whose tasks serve in the target group of another VPC. */
export const SECOND_DEPLOYMENT = {
  VpcPrefix: '10.1',
  HubVpcId: 'vpc-0123456789abcdef0',
  HubPrefix: '10.0',
  HubRouteTableId: 'rtb-0123456789abcdef0',
  HubSecurityGroupId: 'sg-0123456789abcdef0',
  HubTargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/first/0123456789abcdef',
};

/** Of one that fetches nothing from the internet. */
export const WITHOUT_NAT = {
  NatMode: 'none',
  InterfaceEndpoints: 'create',
  Image: `${REGISTRY}/app:1`,
  DatabaseImage: `${REGISTRY}/mysql:8.4`,
  DrainWaitImage: `${REGISTRY}/busybox:1.37`,
};

/** Of one with HTTPS. */
export const WITH_CERTIFICATE = {
  CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1',
  DomainName: 'shop.example.com',
};
