package io.github.swscan.natives;

import java.nio.file.Path;

/** There is no folder from which native libraries can be loaded: others may write to it, or nobody can. */
public final class UnsafeFolderException extends RuntimeException {

    /** @param problem in words that go on from the folder's name */
    UnsafeFolderException(Path folder, String problem) {
        super(folder + " " + problem);
    }
}
