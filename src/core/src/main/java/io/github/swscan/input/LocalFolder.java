package io.github.swscan.input;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of this machine. Links in it are followed, wherever they lead: whether one may lead out of the folder is for
 * those to say who follow a name that they read in a file.
 *
 * @param folder as the user named it
 */
public record LocalFolder(Path folder) implements Repository {

    @Override
    public List<Path> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw unreadable(failure);
        } catch (UncheckedIOException failure) {
            throw unreadable(failure.getCause());
        }
    }

    /** A link that leads nowhere counts as there. */
    @Override
    public Optional<Path> find(String fileName) {
        return Optional.of(folder.resolve(fileName)).filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public ByteSource source(Path name) {
        return LocalSource.of(name);
    }

    private InputException unreadable(IOException failure) {
        return new MissingInputException(folder, "", "cannot be listed", "make it readable for this user", failure);
    }
}
