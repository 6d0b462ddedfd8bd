#!/bin/sh
# The first process of a test machine. It runs in mount, pid, ipc and uts
# namespaces of its own (see machine.ts) and makes the pool root its /. When its
# stdin is closed, it ends. Then the kernel ends every process of the machine
# and drops everything that was written there.
#
# Usage: boot.sh ROOT MOUNTPOINT HOSTNAME CHECKOUT DENO DENO_DIR [EXECUTABLE]
set -eu
root=$1 mountpoint=$2 hostname=$3 checkout=$4 deno=$5 deno_dir=$6 executable=${7:-}

mount --make-rprivate /
# The machine writes to memory. The root itself never changes.
mount -t tmpfs -o mode=755 lumberjack "$mountpoint"
mkdir "$mountpoint/upper" "$mountpoint/work" "$mountpoint/root"
new="$mountpoint/root"
mount -t overlay lumberjack "$new" \
  -o "lowerdir=$root,upperdir=$mountpoint/upper,workdir=$mountpoint/work" 2>/dev/null || {
  # This kernel has no overlay file system, or cannot put one over this root.
  mount -t tmpfs -o mode=755 lumberjack "$new"
  cp -a "$root/." "$new/"
}

mkdir -p "$new/lumberjack" "$new/var/cache/deno" "$new/.host"
mount --rbind -o ro "$checkout" "$new/lumberjack"
mount --rbind "$deno_dir" "$new/var/cache/deno"
mount -o remount,ro,bind "$new/var/cache/deno"
mount -o remount,ro,bind "$new/lumberjack"
touch "$new/usr/local/bin/deno" "$new/usr/local/bin/lumberjack"
mount --bind "$deno" "$new/usr/local/bin/deno"
if [ -n "$executable" ]; then
  mount --bind "$executable" "$new/usr/local/bin/lumberjack"
else
  cat >"$new/usr/local/bin/lumberjack" <<'END'
#!/bin/sh
export DENO=/usr/local/bin/deno DENO_DIR=/var/cache/deno
exec /lumberjack/scripts/lumberjack "$@"
END
  chmod 755 "$new/usr/local/bin/lumberjack"
fi

mount --rbind /dev "$new/dev"
mount -t tmpfs -o mode=1777 shm "$new/dev/shm"
mount -t proc proc "$new/proc"
hostname "$hostname"
echo "$hostname" >"$new/etc/hostname"
echo "127.0.0.1 $hostname localhost" >"$new/etc/hosts"

cd "$new"
# In a chroot alone, HTCondor can't run jobs.
pivot_root . .host
exec chroot . /bin/bash -euc '
  umount -l /.host
  # On a real host systemd makes these folders at boot.
  ! id condor >/dev/null 2>&1 || for folder in /run/condor /run/lock/condor /var/log/condor /var/spool/condor \
    /var/lib/condor /var/lib/condor/execute; do
    mkdir -p $folder
    chown condor:condor $folder
    chmod 755 $folder
  done
  echo ready
  # bash also reaps the orphans that a first process inherits.
  while read -r _; do :; done
'
