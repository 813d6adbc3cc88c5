package io.github.swscan.input;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.github.swscan.natives.NativeFolder;
import io.github.swscan.natives.NativeLibraryException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Has the system read parts of files before they are needed, in the background, into memory that it keeps of them. Java has
 * no way to ask for that. Does nothing but on Linux: elsewhere, the system reads ahead when it finds that a file is read
 * from the front.
 */
final class ReadingAhead {

    /** O_NONBLOCK, so that a pipe in the file's place cannot hold up anything, and O_CLOEXEC of open(2). */
    private static final int READ_ONLY = 0x800 | 0x80000;

    /** POSIX_FADV_WILLNEED of posix_fadvise(2). */
    private static final int WILL_NEED = 3;

    private static final Optional<Calls> CALLS = calls();

    /** What the C library has for it. */
    private record Calls(Function open, Function advise, Function close) {}

    private ReadingAhead() {}

    /** What goes wrong means that nothing is read ahead, and shows when the file is read. */
    static void request(Path file, long offset, long length) {
        CALLS.ifPresent(calls -> {
            int descriptor = calls.open().invokeInt(new Object[] {file.toString(), READ_ONLY});
            if (descriptor >= 0) {
                calls.advise().invokeInt(new Object[] {descriptor, offset, length, WILL_NEED});
                calls.close().invokeInt(new Object[] {descriptor});
            }
        });
    }

    private static Optional<Calls> calls() {
        try {
            NativeFolder.path();
            if (!Platform.isLinux() || !Platform.is64Bit()) {
                return Optional.empty();
            }
            NativeLibrary system = NativeLibrary.getProcess();
            return Optional.of(new Calls(
                    system.getFunction("open"), system.getFunction("posix_fadvise"), system.getFunction("close")));
        } catch (LinkageError | NativeLibraryException unavailable) {
            return Optional.empty();
        }
    }
}
