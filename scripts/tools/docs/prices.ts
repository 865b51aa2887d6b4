/**
 * What AWS asks for, in dollars: on demand, region us-east-1, without free tiers. Typed by hand from the public price pages as they
 * were known in November 2026; nothing here fetches them, so look at the pages before you rely on a figure.
 */
export const PRICES_AS_OF = 'November 2026';
export const HOURS_A_MONTH = 730;

export const PRICES = {
  loadBalancerHour: 0.0225,
  loadBalancerUnitHour: 0.008,
  natHour: 0.045,
  natGigabyte: 0.045,
  publicAddressHour: 0.005,
  endpointZoneHour: 0.01,
  fargateProcessorHour: 0.04048,
  fargateGigabyteHour: 0.004445,
  instanceHour: 0.085,
  fileGigabyteMonth: 0.3,
  fileGigabyteWritten: 0.06,
  secretMonth: 0.4,
  hostedZoneMonth: 0.5,
  alarmMonth: 0.1,
  compositeAlarmMonth: 0.5,
  metricMonth: 0.3,
  logGigabyte: 0.5,
  queueMillion: 0.4,
  lambdaMillion: 0.2,
  lambdaGigabyteSecond: 0.0000133334,
} as const;
