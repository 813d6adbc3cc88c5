package io.github.swscan.input;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import io.github.swscan.natives.NativeFolder;
import io.github.swscan.natives.NativeLibraryException;
import java.nio.MappedByteBuffer;
import java.util.Optional;

/**
 * Has parts of mapped files read before they are needed.
 *
 * <p>Java's own way touches every page, which takes the processor from those who compute; Linux does it for less when told
 * to.
 */
final class ReadingAhead {

    /** MADV_WILLNEED of madvise(2): has pages read in the background. */
    private static final int WILL_NEED = 3;

    /** MADV_POPULATE_READ of madvise(2), since Linux 5.14: waits for pages and enters them into the page tables. */
    private static final int POPULATE_READ = 22;

    /** A multiple of the size that pages have on any of our platforms, and a divisor of the size of a mapping's offset. */
    private static final long ALIGNMENT = 1 << 16;

    private static final Optional<Function> ADVISE = advise();

    private ReadingAhead() {}

    /** Returns when the part is in memory; on a Linux older than 5.14, when the reading is asked for. */
    static void request(MappedByteBuffer part) {
        if (ADVISE.isEmpty()) {
            part.load();
            return;
        }
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(part));
        long start = address / ALIGNMENT * ALIGNMENT;
        long length = address + part.limit() - start;
        // An answer other than 0 means that nothing is read ahead, but only when it is used.
        ADVISE.get().invokeInt(new Object[] {start, length, WILL_NEED});
        // Else those who compute would be interrupted for every few pages.
        ADVISE.get().invokeInt(new Object[] {start, length, POPULATE_READ});
    }

    private static Optional<Function> advise() {
        try {
            NativeFolder.path();
            return Platform.isLinux()
                    ? Optional.of(NativeLibrary.getProcess().getFunction("madvise"))
                    : Optional.empty();
        } catch (LinkageError | NativeLibraryException unavailable) {
            return Optional.empty();
        }
    }
}
