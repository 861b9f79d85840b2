// payload-register, payload-unregister and payload-status-set, which Juju 4 no longer has (5.9).

import type { ToolCaller } from './call.ts';

export type PayloadStatus = 'starting' | 'started' | 'stopping' | 'stopped';

export interface PayloadTools {
  /** `type` and `payloadClass` must agree with metadata.yaml in the working directory (H240). */
  payloadRegister(type: string, payloadClass: string, id: string, tags?: readonly string[]): void;
  payloadUnregister(payloadClass: string, id: string): void;
  payloadStatusSet(payloadClass: string, id: string, status: PayloadStatus): void;
}

export function createPayloadTools(call: ToolCaller): PayloadTools {
  return {
    payloadRegister(type, payloadClass, id, tags = []) {
      call.run('payload-register', ['--', type, payloadClass, id, ...tags]);
    },
    payloadUnregister(payloadClass, id) {
      call.run('payload-unregister', ['--', payloadClass, id]);
    },
    payloadStatusSet(payloadClass, id, status) {
      call.run('payload-status-set', ['--', payloadClass, id, status]);
    },
  };
}
