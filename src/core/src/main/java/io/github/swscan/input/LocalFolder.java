package io.github.swscan.input;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A folder of this machine. Links in it are followed, wherever they lead.
 *
 * @param name as the user named it
 */
public record LocalFolder(Path name) implements Repository {

    /** The folder of that name, if it is the name of one. */
    public static Optional<LocalFolder> at(Path name) {
        return Optional.of(name).filter(Files::isDirectory).map(LocalFolder::new);
    }

    /** The folder in which a file is named; where a symbolic link leads does not matter. */
    public static LocalFolder around(Path file) {
        return new LocalFolder(Objects.requireNonNullElse(file.getParent(), Path.of(".")));
    }

    /** A link that leads nowhere counts as a file. */
    @Override
    public List<Path> names() {
        return visible(path -> !Files.isDirectory(path));
    }

    @Override
    public List<Path> folders() {
        return visible(Files::isDirectory);
    }

    private List<Path> visible(Predicate<Path> kind) {
        try (Stream<Path> all = Files.list(name)) {
            return all.filter(path -> !path.getFileName().toString().startsWith("."))
                    .filter(kind)
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
    public Repository folder(Path folder) {
        return new LocalFolder(folder);
    }

    @Override
    public Optional<Path> find(String fileName) {
        return Optional.of(name.resolve(fileName)).filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public ByteSource source(Path file) {
        return LocalSource.of(file);
    }

    /** Links may lead to where they like within the folder, and to what the {@link ModelCache} that it is in keeps. */
    @Override
    public boolean keeps(Path file) {
        try {
            Path target = file.toRealPath();
            return target.startsWith(name.toRealPath()) || ModelCache.isBlob(target);
        } catch (IOException failure) {
            throw InputException.unreadable(file, failure);
        }
    }

    private InputException unreadable(IOException failure) {
        return new MissingInputException(name, "", "cannot be listed", "make it readable for this user", failure);
    }
}
