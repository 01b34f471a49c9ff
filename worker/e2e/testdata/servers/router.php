<?php
// A site as people have it who write PHP: a front controller behind PHP's own server. Its page with slots speaks ESI as Symfony
// does: only to who says that he knows it, and otherwise the parts are put in here.

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
error_log("asked {$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}");

$gates = getenv('GATES');
/** Waits until there is a file of the name. */
function gate(string $name): void
{
    global $gates;
    for ($i = 0; $i < 3000 && !file_exists("$gates/$name"); $i++) {
        usleep(10000);
        clearstatcache();
    }
}

function html(string $text, int $status = 200): void
{
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    echo $text;
}

function json(mixed $value): void
{
    header('Content-Type: application/json');
    echo json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
}

/** A part of the page, and what may be kept of it. */
function part(string $name): string
{
    if ($name === 'offers') {
        gate('offers');
    }
    return "<p>$name of PHP</p>";
}

switch (true) {
    case $path === '/':
        html('<!doctype html><title>Home</title><p>Welcome');
        break;
    case $path === '/form' && $_SERVER['REQUEST_METHOD'] === 'POST':
        json($_POST);
        break;
    case $path === '/form':
        html('<!doctype html><form method=post><input name=who><textarea name=text></textarea>');
        break;
    case $path === '/echo':
        json(['method' => $_SERVER['REQUEST_METHOD'], 'url' => $_SERVER['REQUEST_URI'], 'type' => $_SERVER['CONTENT_TYPE'] ?? null, 'body' => file_get_contents('php://input')]);
        break;
    case $path === '/login':
        session_start();
        if (($_POST['password'] ?? '') !== 'open sesame') {
            html('<!doctype html><p>Wrong password', 401);
            break;
        }
        session_regenerate_id(true);
        $_SESSION['who'] = $_POST['who'];
        setcookie('seen', '1', time() + 3600);
        header('Location: /account', true, 303);
        break;
    case $path === '/account':
        session_start();
        if (!isset($_SESSION['who'])) {
            header('Location: /form');
            break;
        }
        html('<!doctype html><p>Good morning, ' . htmlspecialchars($_SESSION['who']));
        break;
    case $path === '/logout':
        session_start();
        session_destroy();
        setcookie(session_name(), '', 1, '/');
        header('Location: /');
        break;
    case $path === '/upload':
        $file = $_FILES['file'];
        json(['name' => $file['name'], 'type' => $file['type'], 'size' => $file['size'], 'sha256' => hash_file('sha256', $file['tmp_name']), 'note' => $_POST['note']]);
        break;
    case $path === '/redirect/relative':
        header('Location: ../form?from=relative');
        break;
    case $path === '/redirect/absolute':
        header("Location: http://{$_SERVER['HTTP_HOST']}/form?from=absolute#there", true, 301);
        break;
    case $path === '/redirect/elsewhere':
        header('Location: https://elsewhere.example/x?y=1', true, 307);
        break;
    case $path === '/text':
        ob_start('ob_gzhandler');
        header('Content-Type: text/plain; charset=utf-8');
        header('Cache-Control: max-age=60');
        echo str_repeat("a line of text\n", 2000);
        break;
    case $path === '/big':
        header('Content-Type: application/octet-stream');
        header('Content-Disposition: attachment; filename="big.bin"');
        for ($i = 0; $i < 16; $i++) {
            echo str_repeat('0123456789abcdef', 1 << 16);
            flush();
        }
        echo 'the end';
        break;
    case $path === '/stream':
        html('<!doctype html><p>first</p>');
        flush();
        gate($_GET['gate']);
        echo '<p>last</p>';
        break;
    case $path === '/events':
        header('Content-Type: text/event-stream');
        header('Cache-Control: no-cache');
        for ($i = 1; $i <= 3; $i++) {
            echo "id: $i\ndata: {\"n\":$i}\n\n";
            flush();
            gate("{$_GET['gate']}-$i");
        }
        break;
    case $path === '/error':
        html('<!doctype html><p>As happens', 500);
        break;
    case $path === '/shop':
        ob_start('ob_gzhandler');
        $esi = str_contains($_SERVER['HTTP_SURROGATE_CAPABILITY'] ?? '', 'ESI/1.0');
        if ($esi) {
            header('Surrogate-Control: content="ESI/1.0"');
        }
        header('Cache-Control: public, s-maxage=600');
        $put = fn (string $name) => $esi ? "<esi:include src=\"/_fragment?_path=$name\" />" : part($name);
        html("<!doctype html>\n<html lang=\"en\"><head><title>Shop</title></head>\n<body><h1>Shop</h1>\n{$put('offers')}\n{$put('news')}\n<footer>The end</footer></body></html>\n");
        break;
    case $path === '/mine': // one visitor's page, with a part that is everybody's
        session_start();
        header('Surrogate-Control: content="ESI/1.0"');
        html('<!doctype html><title>Mine</title><h1>' . htmlspecialchars($_SESSION['who'] ?? 'Nobody') . '</h1><esi:include src="/_fragment?_path=news" /><p>The end');
        break;
    case $path === '/_fragment':
        header('Cache-Control: public, s-maxage=600');
        html(part($_GET['_path']));
        break;
    case str_starts_with($path, '/files/') && is_file(__DIR__ . '/public/' . basename($path)):
        $file = __DIR__ . '/public/' . basename($path);
        $etag = '"' . md5_file($file) . '"';
        header("ETag: $etag");
        header('Cache-Control: public, max-age=3600');
        header('Last-Modified: ' . gmdate('D, d M Y H:i:s', filemtime($file)) . ' GMT');
        header('Accept-Ranges: bytes');
        header('Content-Type: text/css; charset=utf-8');
        $size = filesize($file);
        if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === $etag) {
            http_response_code(304);
        } elseif (preg_match('/^bytes=(\d+)-(\d*)$/', $_SERVER['HTTP_RANGE'] ?? '', $m)) {
            $to = $m[2] === '' ? $size - 1 : min((int) $m[2], $size - 1);
            if ($m[1] > $to) {
                http_response_code(416);
                header("Content-Range: bytes */$size");
                break;
            }
            http_response_code(206);
            header("Content-Range: bytes $m[1]-$to/$size");
            header('Content-Length: ' . ($to - $m[1] + 1));
            echo substr(file_get_contents($file), (int) $m[1], $to - $m[1] + 1);
        } else {
            header("Content-Length: $size");
            readfile($file);
        }
        break;
    default:
        html('<!doctype html><h1>Not here, says PHP</h1>', 404);
}
