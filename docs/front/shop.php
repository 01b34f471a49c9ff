<?php
// php -S localhost:3000 shop.php
error_log("asked for {$_SERVER['REQUEST_URI']}");

if ($_SERVER['REQUEST_URI'] === '/offers') { // the part that is slow
    sleep(2);
    header('Cache-Control: public, max-age=60');
    echo '<ul><li>Teapot, 42.00</ul>';
    return;
}

header('Surrogate-Control: content="ESI/1.0"'); // this page has slots, written as ESI
header('Cache-Control: public, max-age=600');
?>
<!doctype html>
<html lang="en">
<head><title>Shop</title></head>
<body>
<h1>Shop</h1>
<esi:include src="/offers"/>
<p>Open from nine to five.</p>
</body>
</html>
