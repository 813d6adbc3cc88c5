package io.github.swscan.cli.option;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a path from the command line. Refuses an empty one, which would silently mean the current folder,
 * and URLs. */
public final class PathConverter implements ITypeConverter<Path> {

    private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*", Pattern.DOTALL);

    @Override
    public Path convert(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("the path is empty");
        }
        if (URL.matcher(text).matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is a URL; only files of this machine are read: download it first");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'" + text + "' is not a path: " + e.getReason());
        }
    }
}
