package io.github.swscan.natives;

import java.nio.file.Path;

/**
 * Native libraries cannot be loaded: others may write to where they are, they are not what swscan unpacked, or they cannot
 * be unpacked. The message is one line that names the file or folder and what would help.
 */
public final class NativeLibraryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param problem in words that go on from the name */
    NativeLibraryException(Path fileOrFolder, String problem) {
        super(fileOrFolder + " " + problem);
    }
}
