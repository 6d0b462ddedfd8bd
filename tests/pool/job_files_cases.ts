/**
 * The jobs of the table: all ways to transfer files that the pool tests try.
 *
 * @module
 */
import type { FilesCase } from "./job_files.ts";

/**
 * Returns shell code that writes a file for each name, with the name as
 * contents.
 */
const write = (names: string) => `for f in ${names}; do echo "$f" >"$f"; done`;

/** The jobs. */
export const fileCases: readonly FilesCase[] = [
  { title: "nothing but the executable", submit: "" },
  { title: "one input", submit: "transfer_input_files = a.txt" },
  {
    title: "a list with blanks, doubles and an empty entry",
    submit: "transfer_input_files = a.txt ,  b c.txt,, in.txt,a.txt",
  },
  { title: "a directory", submit: "transfer_input_files = d" },
  { title: "the contents of a directory", submit: "transfer_input_files = d/" },
  {
    title:
      "the contents of a directory replace an earlier file of the same name",
    submit: "transfer_input_files = a.txt, d/",
  },
  {
    title: "a file replaces the contents of an earlier directory",
    submit: "transfer_input_files = d/, a.txt",
  },
  { title: "stdin", submit: "input = in.txt" },
  {
    title: "stdin that is also in transfer_input_files",
    submit: "input = in.txt\ntransfer_input_files = in.txt",
  },
  {
    title: "stdin in a folder, by its full path",
    submit: "input = ~/d/x",
  },
  {
    title: "stdin with transfer_input = false",
    submit: "input = in.txt\ntransfer_input = false",
  },
  {
    title: "stdin that is streamed",
    submit: "input = in.txt\nstream_input = true",
  },
  {
    title: "relative paths kept",
    submit: "transfer_input_files = d/e/y, a.txt, ./d/x\n" +
      "preserve_relative_paths = true",
  },
  {
    title: "relative paths of directories kept",
    submit: "transfer_input_files = d/e\npreserve_relative_paths = true",
  },
  {
    title: "relative paths of contents kept",
    submit: "transfer_input_files = d/e/\npreserve_relative_paths = true",
  },
  {
    title: "relative paths kept, but inputs with full paths",
    submit: "transfer_input_files = ~/d/e, ~/d/x\n" +
      "preserve_relative_paths = true",
  },
  {
    title: "an input beside the job's folder",
    submit: "transfer_input_files = ../#/d/../a.txt",
  },
  {
    title: "an executable that is already on the execute machine",
    submit: "executable = /bin/bash\narguments = run\n" +
      "transfer_executable = false\ntransfer_input_files = run",
  },
  { title: "an executable in a folder", submit: "executable = bin/go" },
  {
    title: "links to a file and into a directory",
    submit: "transfer_input_files = link, dirlink/",
  },
  {
    title: "a proxy",
    submit: 'MY.x509userproxy = "proxy.pem"\ntransfer_input_files = a.txt',
    job: write("o1"),
  },
  {
    title: "a name in quotes",
    submit: 'transfer_input_files = a.txt,"b c.txt",in.txt',
    held: true,
  },
  {
    title: "an input that is missing",
    submit: "transfer_input_files = absent",
    held: true,
  },
  {
    title: "common input files",
    submit: "transfer_common_input = a.txt, d\ntransfer_input_files = in.txt",
  },
  {
    title: "names with bytes that are not UTF-8",
    submit: "transfer_input_files = s;c",
    job: write("'n=1' 's;d'"),
  },
  {
    title: "new files come home",
    submit: "transfer_input_files = a.txt, d",
    job: `mkdir od; ${write("o1 .hidden od/o2 d/new")}`,
  },
  {
    title: "changed files come home",
    submit: "transfer_input_files = a.txt, in.txt",
    job: "sleep 1; echo more >>a.txt; echo more >>run",
  },
  {
    title: "new symbolic links",
    submit: "transfer_input_files = d",
    job: `${write("o1")}; ln -s o1 l1; ln -s d l2`,
  },
  {
    title: "a list of outputs",
    submit: "transfer_output_files = o1, sub/o2",
    job: `mkdir sub; ${write("o1 o3 sub/o2")}`,
  },
  {
    title: "a directory as output",
    submit: "transfer_output_files = od",
    job: `mkdir -p od/deep; ${write("o1 od/o2 od/deep/o3")}`,
  },
  {
    title: "the contents of a directory as output",
    submit: "transfer_output_files = od/",
    job: `mkdir -p od/deep; ${write("o1 od/o2 od/deep/o3")}`,
  },
  {
    title: "relative paths of outputs kept",
    submit: "transfer_output_files = sub/o2, od/deep, od/wide/\n" +
      "preserve_relative_paths = true",
    job: `mkdir -p sub od/deep od/wide; ${
      write("sub/o2 od/deep/o3 od/wide/o4")
    }`,
  },
  {
    title: "an output outside of the sandbox",
    submit: "transfer_output_files = /etc/debian_version",
  },
  {
    title: "an empty list of outputs, so only stdout and stderr come home",
    submit: 'transfer_output_files = ""',
    job: write("o1"),
  },
  {
    title: "an output that is missing",
    submit: "transfer_output_files = o1, absent",
    job: write("o1"),
    held: true,
  },
  {
    title: "remaps to a folder and to a full path",
    submit:
      'transfer_output_remaps = " o1 = sub/o1.new ; o2=/var/tmp/files/abs/#/o2"',
    job: write("o1 o2 o3"),
  },
  {
    title: "remaps with escapes",
    submit: String
      .raw`transfer_output_remaps = "a\=b=sub/x\;y;q\r=sub\q\=;z = two words "`,
    job: write(String.raw`'a=b' 'q\r' z`),
  },
  {
    title: "a remap without an equals sign",
    submit: 'transfer_output_remaps = "o1;;o2=sub/o2.new;o3=sub/o3.new;"',
    job: write("o1 o2 o3"),
  },
  {
    title: "two remaps of one name, of which the first counts",
    submit: 'transfer_output_remaps = "o1=first;o1=second"',
    job: write("o1"),
  },
  {
    title: "remaps in a chain",
    submit: 'transfer_output_remaps = "o1=o2;o2=sub/o3"',
    job: write("o1"),
  },
  {
    title: "remaps in a circle",
    submit: 'transfer_output_remaps = "o1=o1/x"',
    job: write("o1"),
    held: true,
  },
  {
    title: "a remapped directory",
    submit: 'transfer_output_files = od\ntransfer_output_remaps = "od=sub"',
    job: `mkdir -p od/deep; ${write("od/o2 od/deep/o3")}`,
  },
  {
    title: "a remapped file of a directory",
    submit:
      'transfer_output_files = od\ntransfer_output_remaps = "od/o2=sub/o2"',
    job: `mkdir -p od; ${write("od/o2 od/o3")}`,
  },
  {
    title: "a remap by path for an output that arrives under its base name",
    submit: "transfer_output_files = sub/o2, o1\n" +
      'transfer_output_remaps = "sub/o2=sub/by-path;o1=sub/by-name"',
    job: `mkdir sub; ${write("o1 sub/o2")}`,
  },
  {
    title: "streams in a folder",
    submit: "output = sub/out\nerror = sub/err",
    job: write("o1"),
  },
  {
    title: "streams in a folder with a list of outputs",
    submit: "output = sub/out\nerror = sub/err\ntransfer_output_files = o1",
    job: write("o1 o2"),
  },
  { title: "both streams in one file", submit: "error = out" },
  {
    title: "stdout with a full path and stderr thrown away",
    submit: "output = /var/tmp/files/abs/#/out\nerror = /dev/null",
  },
  {
    title: "streams without a name",
    submit: "output =\nerror =",
    job: write("o1"),
  },
  {
    title: "streams that are streamed",
    submit: "stream_output = true\nstream_error = true\nerror = sub/err",
    job: write("o1"),
  },
  {
    title: "transfer_output = false",
    submit: "output = sub/out\ntransfer_output = false",
    job: write("o1"),
  },
  {
    title: "transfer_output = false with a list of outputs",
    submit: "transfer_output = false\ntransfer_output_files = o1",
    job: write("o1 o2"),
  },
  {
    title: "transfer_output = false with a list and a folder",
    submit: "output = sub/out\ntransfer_output = false\n" +
      "transfer_output_files = o1",
    job: write("o1"),
    held: true,
  },
  {
    title: "a remap of the streams' own names",
    submit: 'transfer_output_remaps = "_condor_stdout=sub/o;err=sub/e"',
  },
  {
    title: "a semicolon and an equals sign in the streams' names",
    submit: "output = sub/o;ut\nerror = sub/e=rr",
  },
  {
    title: "a remap of the directory in the stream's name",
    submit: 'output = sub/out\ntransfer_output_remaps = "sub=d"',
  },
  {
    title: "failed, by success_exit_code",
    submit: "success_exit_code = 0\ntransfer_output_files = o1",
    job: `${write("o1 o2")}; finish 3`,
  },
  {
    title: "failed, with failure files",
    submit: 'success_exit_code = 0\nMY.FailureFiles = "o2"',
    job: `${write("o1 o2")}; finish 3`,
  },
  {
    title: "succeeded, with failure files",
    submit: 'success_exit_code = 0\nMY.FailureFiles = "o2"\n' +
      "transfer_output_files = o1",
    job: write("o1 o2"),
  },
  {
    title: "failed, when_to_transfer_output = ON_SUCCESS",
    submit: "when_to_transfer_output = ON_SUCCESS",
    job: `${write("o1")}; finish 3`,
  },
  {
    title: "failed",
    submit: "",
    job: `${write("o1")}; finish 3`,
  },
  {
    title: "killed by a signal, with a core file",
    submit: "transfer_output_files = o1",
    job: `${
      write("o1 o2")
    }; echo core >core; list . >/var/tmp/files/left/$N; kill -9 $$`,
  },
  {
    title: "when_to_transfer_output = ON_EXIT_OR_EVICT",
    submit: "when_to_transfer_output = ON_EXIT_OR_EVICT",
    job: write("o1"),
  },
  {
    title: "the starter's log",
    submit: 'MY.JobStarterLog = "sub/starter"\nMY.JobStarterDebug = true',
    job: write("o1"),
  },
  {
    title: "a manifest",
    submit: "manifest = true",
    job: write("o1"),
  },
  {
    title: "a manifest in a folder",
    submit: "manifest_dir = m\ntransfer_output_files = o1",
    job: write("o1"),
  },
  {
    title: "an output directory",
    submit: "output_directory = sub\n" +
      'transfer_output_remaps = "o1=o1.new;o2=/var/tmp/files/abs/#/o2"',
    job: write("o1 o2 o3"),
  },
  {
    title: "a checkpoint",
    submit: "checkpoint_exit_code = 85\ntransfer_checkpoint_files = c1 d2\n" +
      "transfer_output_files = o1",
    job: `if [ ! -e c1 ]; then mkdir d2; ${write("c1 d2/c2")}; exit 85; fi\n${
      write("o1")
    }`,
  },
  {
    title: "a URL as input",
    submit: "transfer_input_files = file://~/a.txt",
  },
  {
    title: "a remap to a URL",
    submit:
      'transfer_output_remaps = "o1=file:///var/tmp/files/abs/#/o1;o2=sub/o2"',
    job: write("o1 o2"),
  },
  {
    title: "an output destination",
    submit:
      "output_destination = file:///var/tmp/files/abs/#\noutput = sub/out\n" +
      'transfer_output_files = o1\ntransfer_output_remaps = "o1=sub/o1"',
    job: write("o1 o2"),
  },
  {
    title: "spooled",
    submit: "transfer_input_files = d/x, a.txt\noutput = sub/out\n" +
      'transfer_output_remaps = "o1=sub/o1"',
    job: write("o1 o2"),
    spooled: true,
  },
  {
    title: "spooled, with directories",
    submit: "transfer_input_files = d, d/e/\ninput = in.txt\n" +
      "transfer_output_files = od, sub/o2",
    job: `mkdir -p od sub; ${write("od/o1 sub/o2 o3")}`,
    spooled: true,
  },
  {
    // Release 23.9 looks for these files without their folders, so it holds
    // the job.
    title: "spooled, relative paths kept",
    submit: "transfer_input_files = d/e/y, a.txt\ninput = in.txt\n" +
      "preserve_relative_paths = true\ntransfer_output_files = sub/o2",
    job: `mkdir -p sub; ${write("sub/o2 o3")}`,
    spooled: true,
    held: "23.9",
  },
  {
    title: "an input by a name with bytes that are not UTF-8",
    submit: "transfer_input_files = caf\udce9",
    job: "echo new >$'n\\xe9w'",
  },
  {
    title: "a transfer plugin of the job",
    submit: "transfer_plugins = foo=plugin\ntransfer_input_files = a.txt",
    job: write("o1"),
  },
  {
    title: "should_transfer_files = IF_NEEDED",
    submit: "should_transfer_files = IF_NEEDED\noutput = sub/out",
    job: write("o1"),
    inPlace: true,
  },
  {
    title: "should_transfer_files = NO",
    submit: "should_transfer_files = NO\ninput = in.txt\noutput = sub/out",
    job: write("o1"),
    inPlace: true,
  },
];
