package io.github.swscan.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.Charset;

/**
 * What the program and the script that starts it have agreed on, so that the script can tell the program's words and exit
 * codes from those of a Java that does not start or dies. A program that was started without the script keeps to itself.
 */
final class Launcher {

    /** The process of the script; 0 where it cannot be known. */
    private static final String PROCESS = "swscan.launcher";

    /** Added to the program's own exit codes: any other is that of a Java that did not get to the program, or died. */
    private static final int OWN_CODES = 100;

    /** Where standard error is; what Java and native libraries take for it is kept by the script. */
    private static final int ERROR_DESCRIPTOR = 4;

    private static final long WATCH_MILLIS = 200;

    /** The exit code of a process that was killed: 128 and SIGKILL. */
    private static final int KILLED = 137;

    private Launcher() {}

    /** Takes over standard error, and sees to it that the program does not outlive the script. */
    static void attach() {
        long process = Long.getLong(PROCESS, 0);
        if (process > 0) {
            System.setErr(standardError());
            Thread watch = new Thread(() -> endAfter(process), "launcher");
            watch.setDaemon(true);
            watch.start();
        }
    }

    /** A child whose parent has ended gets another. */
    private static void endAfter(long script) {
        try {
            while (ProcessHandle.current()
                    .parent()
                    .filter(parent -> parent.pid() != script)
                    .isEmpty()) {
                Thread.sleep(WATCH_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        System.exit(KILLED);
    }

    /** Whether the script has started this process. */
    static boolean isThere() {
        return System.getProperty(PROCESS) != null;
    }

    /** The code with which to end the process. */
    static int exitCode(int code) {
        return isThere() ? OWN_CODES + code : code;
    }

    private static PrintStream standardError() {
        return new PrintStream(errorStream(), true, Charset.forName(System.getProperty("native.encoding")));
    }

    /** To open the descriptor by name would be to write over what others write to the same file. */
    private static OutputStream errorStream() {
        try {
            Constructor<FileDescriptor> constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
            constructor.setAccessible(true);
            return new FileOutputStream(constructor.newInstance(ERROR_DESCRIPTOR));
        } catch (ReflectiveOperationException | RuntimeException notOpen) {
            try {
                return new FileOutputStream("/dev/fd/" + ERROR_DESCRIPTOR, true);
            } catch (IOException notThere) {
                return System.err;
            }
        }
    }
}
