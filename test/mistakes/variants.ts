import type { Mistake } from './mistake.ts';

type Edit = Pick<Mistake, 'file' | 'after' | 'find' | 'put'>;

/** Templates that are different, and as right as ours: a rule that they break asks for too much. */
export const VARIANTS: readonly { readonly name: string; readonly edits: readonly Edit[] }[] = [
  {
    name: 'a product that takes its time',
    edits: [
      { file: 'template.yaml', after: '  SyncFunction:', find: 'Timeout: 30', put: 'Timeout: 25' },
      { file: 'template.yaml', after: '  HintQueue:', find: 'VisibilityTimeout: 180', put: 'VisibilityTimeout: 240' },
      { file: 'template.yaml', after: '  HintQueue:', find: 'maxReceiveCount: 5', put: 'maxReceiveCount: 8' },
      { file: 'template.yaml', after: '  TaskRule:', find: 'Tasks that run or are to stop', put: 'Tasks that start or stop' },
      { file: 'template.yaml', after: '  HintQueuePolicy:', find: 'Sid: RuleSends', put: 'Sid: LetTheRuleSend' },
    ],
  },
  {
    name: 'an example with larger subnets, quicker health checks and a longer farewell',
    edits: [
      { file: 'infra/network.yaml', after: '  PrivateSubnetA:', find: '.16.0/20', put: '.32.0/19' },
      { file: 'infra/network.yaml', after: '  PrivateSubnetB:', find: '.32.0/20', put: '.64.0/19' },
      {
        file: 'infra/app.yaml',
        after: '  TargetGroup:',
        find: 'HealthCheckTimeoutSeconds: 4',
        put: 'HealthCheckTimeoutSeconds: 2',
      },
      { file: 'infra/app.yaml', after: '        - Name: app', find: 'StopTimeout: 60', put: 'StopTimeout: 90' },
      { file: 'infra/app.yaml', after: '  TaskDefinition:', find: "Memory: '1024'", put: "Memory: '2048'" },
      { file: 'infra/database.yaml', after: '  Secret:', find: 'PasswordLength: 32', put: 'PasswordLength: 48' },
    ],
  },
];
