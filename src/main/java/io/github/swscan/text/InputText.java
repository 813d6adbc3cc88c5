package io.github.swscan.text;

import io.github.swscan.checkpoint.InputException;
import io.github.swscan.checkpoint.MalformedInputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of text that the user names. */
public final class InputText {

    private InputText() {}

    /**
     * Reads the file.
     *
     * @throws InputException if it cannot be read or is not UTF-8
     */
    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(file, "", "is not valid UTF-8", "", e);
        } catch (IOException e) {
            throw InputException.unreadable(file, e);
        }
    }
}
