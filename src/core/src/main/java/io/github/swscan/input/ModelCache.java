package io.github.swscan.input;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The folder in which the Hugging Face libraries keep a model that they downloaded ({@code models--ORGANIZATION--NAME}):
 * {@code snapshots/COMMIT} for each version, whose files are links into {@code blobs}, and in {@code refs/main} the commit
 * of the version that was last downloaded as the newest.
 *
 * @param folder as the user named it
 */
public record ModelCache(LocalFolder folder) {

    private static final String SNAPSHOTS = "snapshots";
    private static final String BLOBS = "blobs";
    private static final String MAIN = "refs/main";

    /** Longer than the name of any commit. */
    private static final int MAX_REF_BYTES = 256;

    /** The cache that a folder is, if it is laid out like one. */
    public static Optional<ModelCache> at(LocalFolder folder) {
        return Optional.of(folder).filter(place -> isOne(place.name())).map(ModelCache::new);
    }

    private static boolean isOne(Path folder) {
        return Files.isDirectory(folder.resolve(SNAPSHOTS));
    }

    /** Whether a file is among those that the links in snapshots lead to. */
    static boolean isBlob(Path file) {
        Path blobs = file.getParent();
        return blobs != null && blobs.endsWith(BLOBS) && isOne(blobs.getParent());
    }

    /**
     * {@code refs/main}, if it is there.
     *
     * @throws InputException if it cannot be used
     */
    public Optional<ByteSource> main() {
        return Optional.of(folder.name().resolve(MAIN)).filter(Files::exists).map(LocalSource::of);
    }

    /**
     * The snapshot that {@code refs/main} names; where it names none that is there, the only one.
     *
     * @param main what {@link #main} gave
     * @throws InputException if {@code refs/main} cannot be read or is no commit, or there is no snapshot or no telling
     *     which of several is meant
     */
    public LocalFolder snapshot(Optional<ByteSource> main) {
        Path all = folder.name().resolve(SNAPSHOTS);
        Optional<LocalFolder> newest =
                main.map(ModelCache::commit).map(all::resolve).flatMap(LocalFolder::at);
        if (newest.isPresent()) {
            return newest.get();
        }
        List<Path> snapshots = new LocalFolder(all).folders();
        if (snapshots.isEmpty()) {
            throw new MissingInputException(all, "", "holds no snapshot", "download the model again");
        }
        if (snapshots.size() > 1) {
            throw new UnsupportedInputException(
                    all,
                    "",
                    "holds several snapshots, and refs/main names none of them: " + PrintableText.names(snapshots),
                    "name the folder of one of them");
        }
        return new LocalFolder(snapshots.get(0));
    }

    private static String commit(ByteSource main) {
        String commit;
        try (InputStream input = TextFile.open(main)) {
            commit = new String(input.readNBytes(MAX_REF_BYTES), StandardCharsets.UTF_8).strip();
        } catch (IOException failure) {
            throw main.unreadable(failure);
        }
        if (!Repository.isPlainName(commit)) {
            throw new MalformedInputException(
                    main.name(),
                    "",
                    "names " + PrintableText.quoted(commit) + ", which is not a plain folder name",
                    "name the folder of a snapshot");
        }
        return commit;
    }
}
