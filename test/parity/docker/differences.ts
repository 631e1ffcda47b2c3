/** Something in which our engine is not like the original, and stays so for a reason. */
export interface Difference {
  readonly why: string;
  /** transcript → commands, whole, in which it shows */
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

/** At most five. A command that no longer differs fails the test, so that the list stays true. */
export const differences: readonly Difference[] = [
  {
    why: "The original runs over crun here, because runc is not in its machine, and passes on crun's words; dockerd knows the reasons of a failed start (exit status 127 or 126) by runc's. Ours words them as learners meet them elsewhere.",
    commands: {
      exec: ['docker exec box nosuchcommand', 'docker exec box /etc'],
      'run-exit-status': [
        'docker run --network none --rm busybox nosuchcommand',
        'docker run --network none --rm busybox /etc',
        'docker run --network none --rm busybox /etc/passwd',
        'docker run --network none --name failed busybox nosuchcommand',
        "docker inspect --format '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' failed",
        'docker start failed',
        'docker start -a failed',
      ],
    },
  },
  {
    why: "The machine's resolver gives up after a second, because it has no name server. The original passes that on to containers, whose embedded server may be slower than that here; ours does not.",
    commands: { networks: ['docker run --rm --network sea busybox cat /etc/resolv.conf'] },
  },
  {
    why: "The original gives a terminal no size until its client says one, which may come after a program's first look at it. Ours has 24 rows and 80 columns until then.",
    commands: {
      'run-process': ["docker run --network none --rm -t busybox sh -c 'tty; stty size'"],
    },
  },
  {
    why: 'With any new limit this dockerd tells the runtime one of kernel memory, too; crun refuses that on cgroup v2, where runc ignores it. Ours sends what was asked for, so that limits can be changed.',
    commands: {
      'update-and-attach': [
        'docker update -m 64m box',
        'docker update --cpus 0.5 --pids-limit 20 box',
        'docker exec box cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max',
        "docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{json .HostConfig.RestartPolicy}}' box",
      ],
    },
  },
  {
    why: 'Ours is another program: it drives crun itself, without containerd, and also speaks later versions of the API.',
    commands: {
      system: [
        "docker version --format '{{.Server.Os}}/{{.Server.Arch}} {{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Server.Experimental}}'",
        "docker version --format '{{range .Server.Components}}{{.Name}} {{end}}'",
      ],
    },
  },
];
