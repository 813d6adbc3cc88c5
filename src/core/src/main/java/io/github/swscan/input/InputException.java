package io.github.swscan.input;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An input file cannot be used.
 *
 * <p>The message is one line, fit to be shown to a user as it is: {@code <file>: <field>: <problem>; <remedy>}, without
 * the parts that are empty. Names in it come from untrusted files, so characters that would break the line or the
 * terminal are escaped, and what is overlong is shortened.
 */
public abstract sealed class InputException extends RuntimeException
        permits MissingInputException,
                MalformedInputException,
                UnsupportedInputException,
                UnsafePickleException,
                ChangedInputException {
    private static final int MAX_FIELD_LENGTH = 120;
    private static final int MAX_SENTENCE_LENGTH = 600;

    private final transient Path file;
    private final String field;
    private final String problem;
    private final String remedy;

    /**
     * @param file the file that cannot be used
     * @param field the part of the file that is wrong, for example a tensor name or a key; empty when it is the whole
     * @param problem what is wrong, a clause without a full stop that follows on the field: "has no dtype"
     * @param remedy what would help, a clause without a full stop: "download the file again"; may be empty
     * @param cause what made the problem known, or null
     */
    InputException(Path file, String field, String problem, String remedy, Throwable cause) {
        super(message(file, field, problem, remedy), cause);
        this.file = file;
        this.field = field;
        this.problem = problem;
        this.remedy = remedy;
    }

    /**
     * Says in the user's terms why reading a file failed.
     *
     * @return the exception to throw; {@code failure} is its cause
     */
    public static InputException unreadable(Path file, IOException failure) {
        if (Files.isDirectory(file)) {
            return new MalformedInputException(file, "", "is a folder, not a file", "name a file", failure);
        }
        if (failure instanceof NoSuchFileException && Files.isSymbolicLink(file)) {
            return new MissingInputException(
                    file, "", "is a symbolic link to a file that does not exist", "download the file again", failure);
        }
        if (failure instanceof NoSuchFileException || failure instanceof NotDirectoryException) {
            return new MissingInputException(file, "", "does not exist", "check the path", failure);
        }
        if (failure instanceof AccessDeniedException) {
            return new MissingInputException(
                    file, "", "cannot be read: permission denied", "make it readable for this user", failure);
        }
        return new MissingInputException(file, "", "cannot be read: " + reason(failure), "", failure);
    }

    /** The file that cannot be used. */
    public final Path file() {
        return file;
    }

    /** The part of the file that is wrong, as it stands in the file (unescaped); empty when it is the file as a whole. */
    public final String field() {
        return field;
    }

    /** What is wrong (unescaped). */
    public final String problem() {
        return problem;
    }

    /** What would help (unescaped); may be empty. */
    public final String remedy() {
        return remedy;
    }

    private static String reason(IOException failure) {
        if (failure instanceof FileSystemLoopException) {
            return "its symbolic links form a loop";
        }
        String reason = failure instanceof FileSystemException problem ? problem.getReason() : failure.getMessage();
        return Objects.requireNonNullElse(reason, failure.getClass().getSimpleName());
    }

    private static String message(Path file, String field, String problem, String remedy) {
        String subject = Stream.of(
                        PrintableText.escaped(file.toString()),
                        PrintableText.shortened(field, MAX_FIELD_LENGTH),
                        PrintableText.shortened(problem, MAX_SENTENCE_LENGTH))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(": "));
        return remedy.isEmpty() ? subject : subject + "; " + PrintableText.shortened(remedy, MAX_SENTENCE_LENGTH);
    }
}
