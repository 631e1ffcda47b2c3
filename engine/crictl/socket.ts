/** Where the program in the machine reaches the runtime. */
export const SOCKET = '/run/drydock/cri.sock';
