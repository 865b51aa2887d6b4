/** How large a stack is that was deployed without a parameter, as Lambda and IAM measure it. */
import { listOf, lookUp, propertiesOf } from '../../../scripts/tools/template/template.ts';

/** Of values that only AWS knows, the longest kind. */
const STACK_ID = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/alb-target-sync/01234567-89ab-cdef-0123-456789abcdef';
const DEFAULTS = {
  ClusterArns: [''],
  TargetGroupArns: [''],
  CloudMapServiceArns: [''],
  'AWS::StackId': STACK_ID,
  'AWS::StackName': 'alb-target-sync',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
};

/** The JSON text of names and values. */
export function environmentBytes(): number {
  const variables = lookUp(propertiesOf('SyncFunction', DEFAULTS), 'Environment', 'Variables');
  return Buffer.byteLength(JSON.stringify(variables));
}

/** All inline policies of the role together, white space left out. */
export function policyCharacters(): number {
  const policies = listOf(lookUp(propertiesOf('SyncRole', DEFAULTS), 'Policies'));
  const documents = policies.map((policy) => JSON.stringify(lookUp(policy, 'PolicyDocument')));
  return documents.reduce((sum, document) => sum + document.replaceAll(/\s/g, '').length, 0);
}
