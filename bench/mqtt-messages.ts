/** What the processes of the MQTT bench say to each other. */
export type FromMqttBroker = { readonly port: number };

/** What one process of waiting devices came to. */
export interface MqttClients {
  /** Growth of RSS by each, in bytes. */
  readonly bytesEach: number;
  readonly perCpuSecond: number;
  /** By the clock; the broker has a share in it. */
  readonly perSecond: number;
}
