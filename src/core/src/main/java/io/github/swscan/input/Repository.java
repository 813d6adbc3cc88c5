package io.github.swscan.input;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where the files of one model are kept side by side. A file's name in it is a path: what messages and reports call it. It
 * is a name and no way to the bytes.
 */
public interface Repository {

    /** What messages call it as a whole. */
    Path name();

    /**
     * All files that it has, sorted; hidden ones, whose names begin with a dot, are left out.
     *
     * @throws InputException if they cannot be listed
     */
    List<Path> names();

    /**
     * The names of the folders in it, sorted and without hidden ones.
     *
     * @throws InputException if they cannot be listed
     */
    List<Path> folders();

    /**
     * One of the folders in it.
     *
     * @param name as {@link #folders} says it
     */
    Repository folder(Path name);

    /**
     * What has that file name, if anything has. It need not be usable: whoever reads it says what is wrong with it.
     *
     * @param fileName {@link #isPlainName plain}; to be checked by the caller if it is from an untrusted file
     */
    Optional<Path> find(String fileName);

    /**
     * The bytes of a file.
     *
     * @param name as this says it, or the user
     * @throws InputException if it is not there, or cannot be used
     */
    ByteSource source(Path name);

    /**
     * Whether the bytes of a file are kept here, and are not, by a link, those of a file elsewhere. To be asked of every
     * file that is named by an untrusted one.
     *
     * @param name as this says it
     * @throws InputException if that cannot be found out
     */
    boolean keeps(Path name);

    /** Whether a name from an untrusted file leads to nothing but a file of that name in the place it is looked up in. */
    static boolean isPlainName(String fileName) {
        if (fileName.isEmpty()
                || fileName.equals(".")
                || fileName.equals("..")
                || fileName.contains("/")
                || fileName.contains("\\")) {
            return false;
        }
        try {
            // A name that is its own file name has no drive letter, nor anything else that a platform may give a
            // meaning.
            return fileName.equals(String.valueOf(Path.of(fileName).getFileName()));
        } catch (InvalidPathException illegal) {
            return false;
        }
    }
}
